import { describe, expect, it } from "vitest";

import type { ForecastView, StageHourView } from "../../api.gen";
import { busiest, everyHour, round, stageOver } from "./figures";

const at = (h: number): string => new Date(Date.UTC(2026, 10, 22, h)).toISOString();
const hourOf = (h: number, p50: number, p90: number, budget = 240): StageHourView =>
	({ at: at(h), orders: 1, in_time: 1, to_door: { p50_seconds: 1, p90_seconds: 1 }, stages: [{ stage: "review", p50_seconds: p50, p90_seconds: p90, budget_seconds: budget }] }) as unknown as StageHourView;

describe("stage times as a chart", () => {
	it("has each hour, with a gap where nothing was delivered", () => {
		const s = stageOver([hourOf(9, 126, 216), hourOf(12, 60, 90)], "review");

		expect(s.at.map((t) => new Date(t).getUTCHours())).toEqual([9, 10, 11, 12]);
		expect(s.half).toEqual([2.1, null, null, 1]);
		expect(s.nine).toEqual([3.6, null, null, 1.5]);
		expect(s.budget).toEqual([4, null, null, 4]);
	});

	it("draws no budget for a stage that has none, and nothing from nothing", () => {
		expect(stageOver([hourOf(9, 60, 60, 0)], "review").budget).toEqual([null]);
		expect(everyHour([])).toEqual([]);
	});
});

describe("a forecast", () => {
	it("names its busiest hour, and rounds as people read", () => {
		const f = { hours: [{ at: at(9), orders: 3 }, { at: at(19), orders: 12.6 }, { at: at(20), orders: 12.4 }] } as unknown as ForecastView;

		expect(busiest(f)?.at).toBe(at(19));
		expect([round(12.6), round(3.04), round(0.46)]).toEqual(["13", "3", "0.5"]);
	});
});

import { describe, expect, it } from "vitest";

import type { JobView, OrderView, ShiftView, StagesView, ZoneView } from "../../api.gen";
import { chain, rows, said, type Town } from "./town";

const noon = Date.parse("2026-11-22T12:00:00Z");

const order = (id: string, state: string, slack: number, left = slack + 600, more = {}): OrderView =>
	({ id, state, pharmacy: "phm_1", promise: { slack_seconds: slack, left_seconds: left, paused: false }, history: [], ...more }) as unknown as OrderView;
const job = (of: string, state: string, more = {}): JobView => ({ id: `job_${of}_1`, order: of, state, courier: "acc_1", pharmacy: "phm_1", slack_seconds: 0, left: [], history: [], ...more }) as unknown as JobView;

function town(orders: OrderView[], jobs: JobView[] = [], shifts: Partial<ShiftView>[] = []): Town {
	return { orders, jobs, shifts: shifts as ShiftView[], zones: [], pharmacies: [{ id: "phm_1", name: "Anhe" }] as Town["pharmacies"], stages: {} as StagesView, names: { acc_1: "Tan Yong" }, at: noon };
}

describe("who is late and why", () => {
	it("puts the worst first and tells late from at risk from fine", () => {
		const all = rows(town([order("a", "preparing", 900), order("b", "placed", 120), order("c", "reviewing", -300, -200)]), noon);

		expect(all.map((r) => [r.id, r.level])).toEqual([["c", "late"], ["b", "risk"], ["a", "fine"]]);
		expect(all[0] && said(all[0])).toEqual({ late: true, minutes: 3 });
		expect(all[1] && said(all[1])).toEqual({ late: false, minutes: 2 });
	});

	it("counts on by itself between two answers, but not while the patient owes one", () => {
		const paused = order("p", "reviewing", 600, 1200, { question: { kind: "substitute" } });
		if (paused.promise) paused.promise.paused = true;

		const all = rows(town([order("a", "placed", 600), paused]), noon + 400_000);

		expect(all.find((r) => r.id === "a")?.level).toBe("risk");
		expect(all.find((r) => r.id === "p")).toMatchObject({ level: "fine", cause: "asked", slack: 600 });
	});

	it.each([
		["placed", "planned", "review_waits"],
		["reviewing", "planned", "reviewing"],
		["preparing", "accepted", "packing"],
		["ready", "planned", "looking"],
		["ready", "at_pharmacy", "at_counter"],
		["collected", "collected", "on_the_way"],
		["collected", "at_door", "at_door"],
		["collected", "returning", "returning"],
	])("an order that is %s with a job that is %s says %s", (o, j, want) => {
		expect(rows(town([order("a", o, 60)], [job("a", j)]), noon)[0]?.cause).toBe(want);
	});

	it("says that a courier with the bag is silent", () => {
		const all = rows(town([order("a", "collected", 60)], [job("a", "collected")], [{ courier: "acc_1", silent: true }]), noon);

		expect(all[0]).toMatchObject({ cause: "silent", courier: "Tan Yong", pharmacy: "Anhe" });
	});

	it("keeps a bag that comes back though its order has no promise any more", () => {
		expect(rows(town([], [job("a", "returning", { slack_seconds: -900 }), job("b", "delivered")]), noon).map((r) => r.id)).toEqual(["a"]);
	});
});

describe("the chain of an order", () => {
	it("says how long each stage took beside what it may take", () => {
		const o = order("a", "ready", 60, 60, {
			history: [
				{ at: "2026-11-22T11:00:00Z", to: "placed" },
				{ at: "2026-11-22T11:01:00Z", to: "reviewing" },
				{ at: "2026-11-22T11:03:00Z", to: "preparing" },
				{ at: "2026-11-22T11:11:00Z", to: "ready" },
			],
		});
		const [row] = rows(town([o], [job("a", "accepted", { history: [{ at: "2026-11-22T11:05:00Z", to: "accepted" }] })]), noon);

		const got = chain(row as NonNullable<typeof row>, { review_minutes: 4, pack_minutes: 6 } as ZoneView);

		expect(got.map((m) => [m.what, m.took, m.budget])).toEqual([
			["order.placed", 0, 0],
			["order.reviewing", 1, 0],
			["order.preparing", 3, 4],
			["job.accepted", 0, 0],
			["order.ready", 8, 6],
		]);
	});
});

import type { ForecastView, StageHourView, StageView } from "../../api.gen";

const hour = 3_600_000;
const minutes = (seconds: number) => Math.round(seconds / 6) / 10;

/** Stage is a stage's own row over the hours, gaps where nothing was delivered. */
export interface Stage {
	at: number[];
	half: (number | null)[];
	nine: (number | null)[];
	budget: (number | null)[];
}

/** everyHour lists each full hour from the first to the last that is reported. */
export function everyHour(hours: StageHourView[]): number[] {
	const at = hours.map((h) => Date.parse(h.at));
	if (at.length === 0) return [];
	const out: number[] = [];
	for (let t = Math.min(...at); t <= Math.max(...at); t += hour) out.push(t);
	return out;
}

/** stageOver is one stage over the hours, in minutes. */
export function stageOver(hours: StageHourView[], stage: StageView["stage"]): Stage {
	const by = new Map(hours.map((h) => [Date.parse(h.at), h.stages.find((s) => s.stage === stage)]));
	const at = everyHour(hours);
	const of = (pick: (s: StageView) => number) =>
		at.map((t) => {
			const s = by.get(t);
			return s ? minutes(pick(s)) : null;
		});
	const budget = of((s) => s.budget_seconds);
	return { at, half: of((s) => s.p50_seconds), nine: of((s) => s.p90_seconds), budget: budget.map((b) => (b === 0 ? null : b)) };
}

/** busiest is the hour to come with the most orders. */
export function busiest(f: ForecastView): ForecastView["hours"][number] | undefined {
	return f.hours.reduce<ForecastView["hours"][number] | undefined>((best, h) => (!best || h.orders > best.orders ? h : best), undefined);
}

/** round is a forecast's figure: whole orders from ten on, one decimal below. */
export function round(n: number): string {
	return n >= 10 ? String(Math.round(n)) : n.toFixed(1).replace(/\.0$/, "");
}

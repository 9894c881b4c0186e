import type { JobView, OrderView, PharmacyView, ShiftView, StagesView, ZoneView } from "../../api.gen";
import { call } from "../../client/call";
import { type Level, level } from "./slack";

/** Town is all that an operator's map shows. */
export interface Town {
	orders: OrderView[];
	jobs: JobView[];
	shifts: ShiftView[];
	zones: ZoneView[];
	pharmacies: PharmacyView[];
	stages: StagesView;
	/** Names of couriers, by account. */
	names: Record<string, string>;
	at: number;
}

/** loadTown asks for the jobs of each zone: the list by state has one state alone. */
export async function loadTown(): Promise<Town> {
	const [orders, shifts, zones, pharmacies, stages, couriers] = await Promise.all([
		call("GET /orders", { query: { within_minutes: 600, limit: 200 } }),
		call("GET /shifts", {}),
		call("GET /zones"),
		call("GET /pharmacies", { query: { limit: 200 } }),
		call("GET /stages", { query: { hours: 24 } }),
		call("GET /accounts", { query: { role: "courier", limit: 200 } }),
	]);
	const drawn = zones.items.filter((z) => !z.withdrawn);
	const jobs = await Promise.all(drawn.map((z) => call("GET /jobs", { query: { zone: z.id } })));
	return {
		orders: orders.items, jobs: jobs.flatMap((j) => j.items), shifts: shifts.items, zones: drawn, pharmacies: pharmacies.items, stages,
		names: Object.fromEntries(couriers.items.map((a) => [a.id, a.name])), at: Date.now(),
	};
}

/** Cause is why an order stands where it stands. */
export type Cause =
	| "asked" | "review_waits" | "reviewing" | "packing" | "packed"
	| "looking" | "offered" | "to_counter" | "at_counter" | "on_the_way" | "silent" | "at_door" | "failed" | "returning";

/** Row is one open order as the list and the map show it. */
export interface Row {
	id: string;
	level: Level;
	/** Seconds to spare if every stage that is left takes its budget; below zero it will be late by so much. */
	slack: number;
	/** Seconds until the promise breaks; below zero it has. */
	left: number;
	cause: Cause;
	order: OrderView | undefined;
	job: JobView | undefined;
	courier: string;
	pharmacy: string;
	declined: number;
}

const ended = new Set(["delivered", "cancelled", "returned"]);

/** rows joins orders with their jobs, the worst first. */
export function rows(t: Town, now: number): Row[] {
	const since = (now - t.at) / 1000;
	const jobs = new Map(t.jobs.filter((j) => !ended.has(j.state)).map((j) => [j.order, j]));
	const silent = new Set(t.shifts.filter((s) => s.silent).map((s) => s.courier));
	const pharmacy = new Map(t.pharmacies.map((p) => [p.id, p.name]));
	const out: Row[] = [];
	const add = (order: OrderView | undefined, job: JobView | undefined) => {
		const paused = order?.promise?.paused ? 0 : since;
		const left = (order?.promise?.left_seconds ?? job?.slack_seconds ?? 0) - paused;
		const slack = (order?.promise?.slack_seconds ?? job?.slack_seconds ?? 0) - paused;
		const at: Level = left < 0 || slack < -60 ? "late" : level(Math.max(0, slack));
		out.push({
			id: order?.id ?? job?.order ?? "", level: at, slack, left, cause: cause(order, job, silent), order, job,
			courier: t.names[job?.courier ?? ""] ?? "", pharmacy: pharmacy.get(order?.pharmacy ?? job?.pharmacy ?? "") ?? "",
			declined: job?.left.filter((l) => l.event === "decline" || l.event === "expire").length ?? 0,
		});
	};
	for (const o of t.orders) {
		add(o, jobs.get(o.id));
		jobs.delete(o.id);
	}
	for (const j of jobs.values()) add(undefined, j); // what came back has no promise any more
	return out.sort((a, b) => a.slack - b.slack);
}

function cause(order: OrderView | undefined, job: JobView | undefined, silent: Set<string>): Cause {
	if (job && ["failed", "returning"].includes(job.state)) return job.state as Cause;
	if (order?.question) return "asked";
	if (job?.state === "at_door") return "at_door";
	if (job?.state === "collected") return silent.has(job.courier ?? "") ? "silent" : "on_the_way";
	switch (order?.state) {
		case "placed":
			return "review_waits";
		case "reviewing":
			return "reviewing";
		case "preparing":
			return "packing";
		default:
	}
	switch (job?.state) {
		case "planned":
			return "looking";
		case "offered":
			return "offered";
		case "accepted":
			return "to_counter";
		case "at_pharmacy":
			return "at_counter";
		default:
			return "packed";
	}
}

/** said is how late or how near it is, in whole minutes: what has broken counts from the promise, what may break from its slack. */
export function said(r: Row): { late: boolean; minutes: number } {
	if (r.left < 0) return { late: true, minutes: Math.max(1, Math.round(-r.left / 60)) };
	if (r.slack < 0) return { late: true, minutes: Math.max(1, Math.round(-r.slack / 60)) };
	return { late: false, minutes: Math.floor(r.slack / 60) };
}

/** Moment is one line of an order's chain. */
export interface Moment {
	at: string;
	what: string;
	/** Minutes since the moment before. */
	took: number;
	/** What that stage may take, in minutes; 0: no time of its own. */
	budget: number;
}

/** chain is the way of an order so far: its stages from its own history, the courier's steps from the job's. */
export function chain(r: Row, zone: ZoneView | undefined): Moment[] {
	const steps = [
		...(r.order?.history ?? []).filter((s) => s.to !== "unpaid").map((s) => ({ at: s.at, what: `order.${s.to}`, own: true })),
		...(r.job?.history ?? []).filter((s) => ["accepted", "at_pharmacy", "at_door", "failed", "returning"].includes(s.to)).map((s) => ({ at: s.at, what: `job.${s.to}`, own: false })),
	].sort((a, b) => a.at.localeCompare(b.at));
	const budgets: Record<string, number> = { "order.preparing": zone?.review_minutes ?? 0, "order.ready": zone?.pack_minutes ?? 0 };
	let before = "";
	return steps.map((s) => {
		const took = s.own && before ? Math.round((Date.parse(s.at) - Date.parse(before)) / 60_000) : 0;
		if (s.own && s.what !== "order.reviewing") before = s.at; // looking begins the check, it ends nothing
		return { at: s.at, what: s.what, took, budget: budgets[s.what] ?? 0 };
	});
}

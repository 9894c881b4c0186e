import { signal } from "@preact/signals";

import type { VisitView } from "../../api.gen";
import { call } from "../../client/call";
import { keep } from "../../client/keep";
import { Failure } from "../../client/problem";
import type { Facts } from "./table";

/** orNothing takes "not yours to see" for nothing there: a caregiver may do some things only. */
export async function orNothing<T>(ask: Promise<T>, nothing: T): Promise<T> {
	try {
		return await ask;
	} catch (err) {
		if (err instanceof Failure && (err.status === 403 || err.status === 404)) return nothing;
		throw err;
	}
}

/** loadFacts asks for all that home needs to know of one person. */
export async function loadFacts(patient: string): Promise<Facts> {
	const path = { id: patient };
	const [intakes, visits, orders, prescriptions] = await Promise.all([
		orNothing(call("GET /patients/{id}/intakes", { path }), { items: [] }),
		orNothing(call("GET /patients/{id}/visits", { path }), { items: [] }),
		orNothing(call("GET /patients/{id}/orders", { path, query: { limit: 20 } }), { items: [] }),
		orNothing(call("GET /patients/{id}/prescriptions", { path }), { items: [] }),
	]);
	const facts: Facts = { intakes: intakes.items, visits: visits.items, orders: orders.items, prescriptions: prescriptions.items, tracked: {}, waits: {}, doctors: {} };
	const followed = facts.orders.filter((o) => o.job && !["delivered", "cancelled", "unpaid"].includes(o.state));
	const waiting = facts.visits.filter((v) => v.state === "waiting");
	const doctors = new Set(facts.visits.slice(0, 10).flatMap((v) => (v.doctor ? [v.doctor] : [])));
	await Promise.all([
		...followed.map(async (o) => {
			const t = await orNothing<Facts["tracked"][string] | undefined>(call("GET /orders/{id}/delivery", { path: { id: o.id } }), undefined);
			if (t) facts.tracked[o.id] = t;
		}),
		...waiting.map(async (v) => {
			const w = await orNothing<Facts["waits"][string] | undefined>(call("GET /visits/{id}/wait", { path: { id: v.id } }), undefined);
			if (w) facts.waits[v.id] = w;
		}),
		...[...doctors].map(async (d) => {
			facts.doctors[d] = await doctorName(d);
		}),
	]);
	return facts;
}

/** guestNames is what the guests of a visit are called, by the seat that they take. */
export function guestNames(v: VisitView): Record<string, string> {
	return Object.fromEntries((v.guests ?? []).flatMap((g) => (g.seat && g.name ? [[g.seat, g.name]] : [])));
}

const named = new Map<string, string>();

/** doctorName is a doctor as patients read it; "" when they have not said. */
export async function doctorName(id: string | undefined): Promise<string> {
	if (!id) return "";
	const kept = named.get(id);
	if (kept !== undefined) return kept;
	const name = await orNothing(call("GET /doctors/{id}/hours", { path: { id } }).then((h) => h.name), "");
	named.set(id, name);
	return name;
}

/** pharmacyName is a pharmacy as patients read it. */
export async function pharmacyName(id: string): Promise<string> {
	const kept = named.get(id);
	if (kept !== undefined) return kept;
	const name = await orNothing(call("GET /pharmacies/{id}", { path: { id } }).then((p) => p.name), "");
	named.set(id, name);
	return name;
}

/** wasRead tells what this device has shown already: things said "until read". */
const readIds = signal<ReadonlySet<string>>(new Set());
let filled = false;

export function wasRead(id: string): boolean {
	if (!filled) {
		filled = true;
		void keep.read<string[]>("last", "read").then((ids) => (readIds.value = new Set([...(ids ?? []), ...readIds.value])));
	}
	return readIds.value.has(id);
}

/** markRead notes that something was shown. */
export function markRead(id: string): void {
	if (wasRead(id)) return;
	readIds.value = new Set([...readIds.value, id]);
	void keep.write("last", "read", [...readIds.value].slice(-200));
}

/** minutesOf is whole minutes, at least one. */
export function minutesOf(seconds: number): number {
	return Math.max(1, Math.round(seconds / 60));
}

export function isOver(v: VisitView): boolean {
	return v.state === "completed" || v.state === "cancelled" || v.state === "no_show" || v.state === "redirected";
}

import type { IntakeView, MoneyAmount, OrderView, PaymentView, PrescriptionView, TrackedView, VisitView, VisitWait } from "../../api.gen";

// Home shows one next thing: the first row of this table that is true. The rest are single lines below.

/** Facts is what is known of one person. */
export interface Facts {
	intakes: IntakeView[];
	visits: VisitView[];
	orders: OrderView[];
	prescriptions: PrescriptionView[];
	/** The delivery of an order, by its id. */
	tracked: Record<string, TrackedView>;
	/** The wait of a visit, by its id. */
	waits: Record<string, VisitWait>;
	/** Names of doctors, by their id. */
	doctors: Record<string, string>;
}

export type Row =
	| "redirected" | "at_door" | "call_open" | "rejoin" | "asked" | "payment_failed" | "unpaid" | "not_delivered" | "waiting" | "left_alone" | "visit_fee"
	| "late" | "slot" | "resent" | "again" | "collected" | "pickup" | "preparing" | "reviewing" | "signed" | "cancelled" | "expired" | "rx_gone" | "booked" | "no_show" | "visit_cancelled"
	| "intake" | "delivered" | "summary" | "nothing";

export interface Next {
	row: Row;
	visit?: VisitView;
	order?: OrderView;
	rx?: PrescriptionView;
	intake?: IntakeView;
	track?: TrackedView;
	wait?: VisitWait;
}

const hour = 3_600_000;
const open = new Set(["unpaid", "placed", "reviewing", "preparing", "ready", "collected", "undelivered"]);

/** arrives is the most honest time that is known of an order, in milliseconds; 0: nobody can say. */
export function arrives(o: OrderView, t?: TrackedView): number {
	return t?.arrives ? Date.parse(t.arrives) : o.promise ? Date.parse(o.promise.due_at) : 0;
}

/** late tells whether the promise is broken, or will be by what is known. */
export function late(o: OrderView, t: TrackedView | undefined, now: number): boolean {
	if (!o.promise || o.promise.paused || o.fulfilment !== "courier") return false;
	const due = Date.parse(o.promise.due_at);
	return !!o.promise.broken_in || now > due || (!!t?.arrives && Date.parse(t.arrives) > due + 60_000);
}

/** feeBack is what of the delivery fee went back: taken and refunded, or held and never taken. */
export function feeBack(p: Pick<PaymentView, "lines" | "due" | "state">): MoneyAmount {
	const fee = p.lines.find((l) => l.kind === "delivery_fee");
	if (!fee) return { minor: 0, currency: p.due.currency };
	if (fee.refunded.minor > 0 || p.state !== "authorised") return fee.refunded;
	const held = p.lines.reduce((sum, l) => sum + l.amount.minor - l.discount.minor, 0);
	const own = fee.amount.minor - fee.discount.minor;
	return { minor: held - p.due.minor >= own ? own : 0, currency: p.due.currency };
}

const lastStep = (x: { history: { at: string; to: string }[]; created_at?: string }, to: string) => Date.parse([...x.history].reverse().find((s) => s.to === to)?.at ?? x.created_at ?? "") || 0;

/** broughtAgain tells whether the present attempt is the same pharmacy's, after a bag came back; else another has it. */
export const broughtAgain = (o: Pick<OrderView, "history">) => [...o.history].reverse().find((h) => h.event === "reroute" || h.event === "reattempt")?.event === "reattempt";

const rowOfOrder = (o: OrderView, t: TrackedView | undefined, now: number, read: (id: string) => boolean): Row | undefined => {
	if (t?.state === "at_door" && o.state === "collected") return "at_door";
	if (o.question && open.has(o.state)) return "asked";
	if (o.state === "unpaid") return o.payment_failed ? "payment_failed" : "unpaid";
	if (o.state === "undelivered" || (o.state === "collected" && (t?.state === "failed" || t?.state === "returning" || t?.state === "returned"))) return "not_delivered";
	if (open.has(o.state) && late(o, t, now)) return "late";
	if (o.slot?.waits && o.state === "placed") return "slot";
	if (o.attempt > 1 && o.state === "placed") return broughtAgain(o) ? "again" : "resent";
	if (o.state === "collected") return "collected";
	if (o.state === "ready" && o.fulfilment === "pickup") return "pickup";
	if (o.state === "preparing" || o.state === "ready") return "preparing";
	if (o.state === "placed" || o.state === "reviewing") return "reviewing";
	if (o.state === "cancelled" && !read(o.id) && now - lastStep(o, "cancelled") < 48 * hour) return "cancelled";
	if (o.state === "delivered" && now - lastStep(o, "delivered") < 48 * hour) return "delivered";
	return undefined;
};

const rowOfVisit = (v: VisitView, f: Facts, now: number, read: (id: string) => boolean): Row | undefined => {
	const fresh = now - Date.parse(v.ended_at ?? v.created_at) < 48 * hour;
	switch (v.state) {
		case "redirected":
			return !read(v.id) && fresh ? "redirected" : undefined;
		case "in_progress":
			return v.there ? "rejoin" : "call_open";
		case "waiting":
			return v.fee_state === "refused" ? "visit_fee" : v.left_alone ? "left_alone" : "waiting";
		case "booked":
			return v.fee_state === "refused" ? "visit_fee" : "booked";
		case "no_show":
			return !read(v.id) && fresh ? "no_show" : undefined;
		case "cancelled":
			// One's own cancelling needs no telling.
			return !read(v.id) && fresh && v.reason !== "changed_mind" ? "visit_cancelled" : undefined;
		case "completed":
			return fresh && !read(v.id) && !f.prescriptions.some((p) => p.visit === v.id) ? "summary" : undefined;
	}
};

const rowOfPrescription = (p: PrescriptionView, f: Facts, now: number, read: (id: string) => boolean): Row | undefined => {
	if (!p.id) return undefined;
	const ordered = f.orders.some((o) => o.prescription === p.id && (open.has(o.state) || o.state === "delivered"));
	if (p.state === "cancelled" || p.state === "replaced") return !read(p.id) && now - Date.parse(p.signed_at ?? "") < 14 * 24 * hour ? "rx_gone" : undefined;
	if (p.state !== "signed" || ordered) return undefined;
	const due = p.parts.filter((x) => x.state === "signed" && Date.parse(x.earliest) <= now);
	if (due.some((x) => Date.parse(x.until) > now)) return "signed";
	const over = p.parts.some((x) => x.state === "expired") || (p.valid_until && Date.parse(p.valid_until) < now && p.parts.some((x) => x.state === "signed"));
	return over && !read(p.id) && now - Date.parse(p.valid_until ?? p.signed_at ?? "") < 14 * 24 * hour ? "expired" : undefined;
};

/** The rows, the most pressing first. */
export const rank: Row[] = [
	"redirected", "at_door", "call_open", "rejoin", "asked", "payment_failed", "visit_fee", "unpaid", "not_delivered", "left_alone", "waiting", "late", "resent", "again", "collected", "pickup",
	"preparing", "reviewing", "signed", "slot", "cancelled", "rx_gone", "expired", "booked", "no_show", "visit_cancelled", "intake", "delivered", "summary", "nothing",
];

/** matters lists everything that is to be told, the one next thing first; at least "nothing". */
export function matters(f: Facts, now: number, read: (id: string) => boolean): Next[] {
	const out: Next[] = [];
	for (const o of f.orders) {
		const track = f.tracked[o.id];
		const row = rowOfOrder(o, track, now, read);
		if (row) out.push({ row, order: o, track, rx: f.prescriptions.find((p) => p.id === o.prescription) });
	}
	for (const v of f.visits) {
		const row = rowOfVisit(v, f, now, read);
		if (row) out.push({ row, visit: v, wait: f.waits[v.id] });
	}
	for (const p of f.prescriptions) {
		const row = rowOfPrescription(p, f, now, read);
		if (row) out.push({ row, rx: p });
	}
	for (const i of f.intakes) {
		const used = f.visits.some((v) => v.intake === i.id);
		if (i.state === "draft" || (i.state === "submitted" && !used && now - Date.parse(i.updated_at) < 24 * hour)) out.push({ row: "intake", intake: i });
	}
	out.sort((a, b) => rank.indexOf(a.row) - rank.indexOf(b.row));
	return out.length > 0 ? out : [{ row: "nothing" }];
}

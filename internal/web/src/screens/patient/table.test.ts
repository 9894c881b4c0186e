import { describe, expect, it } from "vitest";

import type { IntakeView, OrderView, PrescriptionView, TrackedView, VisitView } from "../../api.gen";
import { type Facts, feeBack, matters, type Row } from "./table";

const now = Date.parse("2026-11-22T21:30:00Z");
const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
const nothing: Facts = { intakes: [], visits: [], orders: [], prescriptions: [], tracked: {}, waits: {}, doctors: {} };
const visit = (v: Partial<VisitView>) => ({ id: "vis_1", intake: "itk_1", created_at: at(-30), history: [], fee_state: "held", there: false, left_alone: false, ...v }) as VisitView;
const order = (o: Partial<OrderView>) => ({ id: "ord_1", prescription: "rx_1", attempt: 1, fulfilment: "courier", created_at: at(-20), held: true, history: [{ at: at(-10), to: o.state ?? "" }], promise: { due_at: at(12), paused: false }, ...o }) as OrderView;
const rx = (p: Partial<PrescriptionView>) => ({ id: "rx_1", visit: "vis_1", state: "signed", signed_at: at(-60), valid_until: at(6000), parts: [{ state: "signed", earliest: at(-60), until: at(6000) }], ...p }) as PrescriptionView;
const track = (t: Partial<TrackedView>) => ({ state: "collected", ...t }) as TrackedView;
const intake = (i: Partial<IntakeView>) => ({ id: "itk_9", state: "draft", updated_at: at(-5), questions: [], ...i }) as IntakeView;
const unread = () => false;
const first = (f: Partial<Facts>, read = unread): Row => (matters({ ...nothing, ...f }, now, read)[0] as { row: Row }).row;

describe("home shows the one next thing", () => {
	it.each<[string, Row, Partial<Facts>]>([
		["who was sent to a hospital", "redirected", { visits: [visit({ state: "redirected", ended_at: at(-5) })] }],
		["whose courier is at the door", "at_door", { orders: [order({ state: "collected" })], tracked: { ord_1: track({ state: "at_door" }) } }],
		["whom the doctor has called in", "call_open", { visits: [visit({ state: "in_progress" })] }],
		["who has left the room while the visit goes on", "rejoin", { visits: [visit({ state: "in_progress", there: true })] }],
		["whom the pharmacy asks", "asked", { orders: [order({ state: "preparing", question: { id: "q", kind: "substitute", asked_at: at(-1) } })] }],
		["whose card was refused", "payment_failed", { orders: [order({ state: "unpaid", payment_failed: "payment-declined" })] }],
		["whose medicine is set aside and not paid", "unpaid", { orders: [order({ state: "unpaid" })] }],
		["whose bag came back", "not_delivered", { orders: [order({ state: "undelivered" })] }],
		["whose courier gave up at the door", "not_delivered", { orders: [order({ state: "collected" })], tracked: { ord_1: track({ state: "returning" }) } }],
		["who waits", "waiting", { visits: [visit({ state: "waiting" })] }],
		["who waits where no doctor is left", "left_alone", { visits: [visit({ state: "waiting", left_alone: true })] }],
		["whose order is past its time", "late", { orders: [order({ state: "preparing", promise: { due_at: at(-1) } as OrderView["promise"] })] }],
		["whose promise the service knows to be broken, by a phone whose clock is slow", "late", { orders: [order({ state: "ready", promise: { due_at: at(30), broken_in: "ready" } as OrderView["promise"] })] }],
		["whose order will be past its time by what is known", "late", { orders: [order({ state: "collected" })], tracked: { ord_1: track({ arrives: at(20) }) } }],
		["who has chosen a time for the medicine", "slot", { orders: [order({ state: "placed", slot: { from: at(300), until: at(420), waits: true, keepable: true }, promise: { due_at: at(420) } as OrderView["promise"] })] }],
		["whose prescription is checked for the time chosen", "reviewing", { orders: [order({ state: "placed", slot: { from: at(30), until: at(150), waits: false, keepable: true }, promise: { due_at: at(150) } as OrderView["promise"] })] }],
		["whose order went to another pharmacy", "resent", { orders: [order({ state: "placed", attempt: 2 })] }],
		["whose bag is packed anew after it came back", "again", { orders: [order({ state: "placed", attempt: 2, history: [{ event: "reattempt", at: at(-1), from: "undelivered", to: "placed" }] })] }],
		["whose order went to another pharmacy after it came back", "resent", { orders: [order({ state: "placed", attempt: 3, history: [{ event: "reattempt", at: at(-3), from: "undelivered", to: "placed" }, { event: "reroute", at: at(-1), from: "placed", to: "placed" }] })] }],
		["whose bag is on the way", "collected", { orders: [order({ state: "collected" })], tracked: { ord_1: track({ arrives: at(9) }) } }],
		["who can fetch the bag", "pickup", { orders: [order({ state: "ready", fulfilment: "pickup", promise: undefined })] }],
		["whose bag is being packed", "preparing", { orders: [order({ state: "preparing" })] }],
		["whose prescription is being checked", "reviewing", { orders: [order({ state: "reviewing" })] }],
		["who has a prescription and no order", "signed", { prescriptions: [rx({})] }],
		["whose order was cancelled", "cancelled", { orders: [order({ state: "cancelled" })] }],
		["whose prescription was cancelled", "rx_gone", { prescriptions: [rx({ state: "cancelled" })] }],
		["whose prescription ran out", "expired", { prescriptions: [rx({ valid_until: at(-60), parts: [{ state: "expired" } as PrescriptionView["parts"][number]] })] }],
		["who has a time", "booked", { visits: [visit({ state: "booked", starts_at: at(700) })] }],
		["who was not there", "no_show", { visits: [visit({ state: "no_show", ended_at: at(-30) })] }],
		["whose visit the doctor's side cancelled", "visit_cancelled", { visits: [visit({ state: "cancelled", reason: "doctor_left", ended_at: at(-3) })] }],
		["who has begun to write", "intake", { intakes: [intake({})] }],
		["whose medicine has come", "delivered", { orders: [order({ state: "delivered" })], prescriptions: [rx({ parts: [{ state: "dispensed" } as PrescriptionView["parts"][number]] })] }],
		["whose visit ended without a prescription", "summary", { visits: [visit({ state: "completed", ended_at: at(-10) })] }],
		["who needs nothing", "nothing", {}],
	])("to %s", (_, want, facts) => {
		expect(first(facts)).toBe(want);
	});

	it("puts the door before the waiting room, and keeps the other as a line", () => {
		const all = matters({ ...nothing, visits: [visit({ state: "waiting" })], orders: [order({ state: "collected" })], tracked: { ord_1: track({ state: "at_door" }) } }, now, unread);
		expect(all.map((m) => m.row)).toEqual(["at_door", "waiting"]);
	});

	it("says what was read no more", () => {
		expect(first({ visits: [visit({ state: "redirected", ended_at: at(-5) })] }, () => true)).toBe("nothing");
		expect(first({ orders: [order({ state: "cancelled" })] }, () => true)).toBe("nothing");
	});

	it("does not tell people of what they cancelled themselves", () => {
		expect(first({ visits: [visit({ state: "cancelled", reason: "changed_mind", ended_at: at(-3) })] })).toBe("nothing");
	});

	it("does not call an order late while the patient owes the answer", () => {
		expect(first({ orders: [order({ state: "preparing", promise: { due_at: at(-1), paused: true } as OrderView["promise"] })] })).toBe("preparing");
	});

	it("never offers a draft for buying, nor a prescription that is ordered", () => {
		expect(first({ prescriptions: [rx({ state: "draft" })] })).toBe("nothing");
		expect(first({ prescriptions: [rx({})], orders: [order({ state: "reviewing" })] })).toBe("reviewing");
	});

	it("offers the medicine again after the order was cancelled", () => {
		expect(first({ prescriptions: [rx({})], orders: [order({ state: "cancelled" })] })).toBe("signed");
	});

	it("forgets what was delivered after two days", () => {
		const old = order({ state: "delivered", history: [{ at: at(-60 * 49), event: "", from: "", to: "delivered" }] });
		expect(first({ orders: [old] })).toBe("nothing");
	});

	it("asks nobody to go on with an intake that a visit has used", () => {
		expect(first({ intakes: [intake({ state: "submitted", id: "itk_1" })], visits: [visit({ state: "cancelled", reason: "changed_mind" })] })).toBe("nothing");
	});
});

describe("the delivery fee of a broken promise", () => {
	const sum = (minor: number) => ({ minor, currency: "CNY" });
	const line = (kind: "medicine" | "delivery_fee", amount: number, refunded = 0) => ({ kind, amount: sum(amount), discount: sum(0), paid: sum(0), refunded: sum(refunded) });
	const paid = (state: "authorised" | "captured" | "partly_refunded", due: number, refunded = 0) => feeBack({ state, due: sum(due), lines: [line("medicine", 2500), line("delivery_fee", 800, refunded)] }).minor;

	it("went back where it was held and will not be taken", () => expect(paid("authorised", 2500)).toBe(800));
	it("has not gone back while all of it is held", () => expect(paid("authorised", 3300)).toBe(0));
	it("went back where it was taken and refunded", () => expect(paid("partly_refunded", 3300, 800)).toBe(800));
	it("has not gone back where it was taken", () => expect(paid("captured", 3300)).toBe(0));
});

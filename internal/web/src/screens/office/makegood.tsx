import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { CaseView, JobView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Field, Options } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { orNothing } from "../patient/facts";
import { words } from "./words";

// What support can do from a case: money back, a coupon, the bag brought again, and the PIN by telephone.

type Kind = keyof ReturnType<typeof words>["refundKinds"];

interface Closing {
	of: CaseView;
	onClose: () => void;
}

export function Refund({ of, onClose }: Closing) {
	const w = words();
	const visit = of.subject?.startsWith("vis_");
	const kinds = useSignal<Kind[]>([visit ? "visit_fee" : "delivery_fee"]);
	const refund = useAct(async (key) => {
		await call("POST /cases/{id}/refund", { key, path: { id: of.id }, body: { kinds: kinds.value, reason: "goodwill" } });
		onClose();
	});
	const all: Kind[] = visit ? ["visit_fee"] : ["medicine", "delivery_fee"];
	return (
		<Sheet title={w.refund} open onClose={onClose} test="refund-sheet">
			<div class="stack-l">
				<p class="sub">{w.refundHint}</p>
				<Options many legend={w.whatRefund} value={kinds.value} onPick={(v) => (kinds.value = v)} of={all.map((value) => ({ value, text: w.refundKinds[value] }))} />
				<Trouble problem={refund.problem} />
				<Btn kind="main" wide busy={refund.busy} off={kinds.value.length === 0} onPress={() => void refund()} test="refund-sure">
					{w.refund}
				</Btn>
			</div>
		</Sheet>
	);
}

/** minorOf reads what somebody typed as money, to the smallest unit; undefined when it is none. */
export function minorOf(typed: string): number | undefined {
	const m = /^(\d{1,6})(?:[.,](\d{1,2}))?$/.exec(typed.trim());
	if (!m) return undefined;
	const minor = Number(m[1]) * 100 + Number((m[2] ?? "").padEnd(2, "0"));
	return minor > 0 ? minor : undefined;
}

export function Coupon({ of, onClose }: Closing) {
	const w = words();
	const typed = useSignal("");
	const said = useSignal("");
	const currency = useLive(`no-keep currency ${of.id}`, async () => (of.subject?.startsWith("ord_") ? (await orNothing(call("GET /orders/{id}", { path: { id: of.subject } }), undefined))?.total.currency : undefined) ?? "CNY", () => false);
	const give = useAct(async (key) => {
		await call("POST /cases/{id}/coupon", { key, path: { id: of.id }, body: { amount: { minor: minorOf(typed.value) ?? 0, currency: currency.data ?? "CNY" }, reason: "goodwill" } });
		onClose();
	});
	return (
		<Sheet title={w.coupon} open onClose={onClose} test="coupon-sheet">
			<form
				class="stack-l"
				onSubmit={(e) => {
					e.preventDefault();
					said.value = minorOf(typed.value) ? "" : w.badAmount;
					if (!said.value) void give();
				}}
			>
				<p class="sub">{w.couponHint}</p>
				<Field label={`${w.amount} (${currency.data ?? "…"})`} value={typed.value} onType={(v) => ((typed.value = v), (said.value = ""))} said={said.value} inputmode="decimal" max={9} test="coupon-amount" />
				<Trouble problem={give.problem} />
				<Btn kind="main" wide submit busy={give.busy} off={!currency.data} test="coupon-sure">
					{w.giveCoupon}
				</Btn>
			</form>
		</Sheet>
	);
}

export function Redeliver({ of, onClose }: Closing) {
	const w = words();
	const again = useAct(async (key) => {
		await call("POST /cases/{id}/redelivery", { key, path: { id: of.id }, body: { reason: "goodwill" } });
		onClose();
	});
	return (
		<Sheet title={w.redeliverSure} open onClose={onClose} test="redeliver-sheet">
			<div class="stack-l">
				<p class="sub">{w.redeliverHint}</p>
				<Trouble problem={again.problem} />
				<Btn kind="main" wide busy={again.busy} onPress={() => void again()} test="redeliver-sure">
					{w.redeliver}
				</Btn>
			</div>
		</Sheet>
	);
}

/** ByPhone hands a bag over by the PIN that the patient reads out, while the courier stands at the door. */
export function ByPhone({ order, changed }: { order: string; changed: number }) {
	const w = words();
	const pin = useSignal("");
	const done = useSignal(false);
	const job = useLive<JobView | undefined>(`no-keep job of ${order}`, async () => {
		const o = await call("GET /orders/{id}", { path: { id: order } });
		return o.job ? await orNothing<JobView | undefined>(call("GET /jobs/{id}", { path: { id: o.job } }), undefined) : undefined;
	}, () => false);
	useEffect(() => void (changed && job.reload()), [changed]); // as the feed of the case tells
	const hand = useAct(async (key) => {
		try {
			await call("POST /jobs/{id}/hand-over-by-phone", { key, path: { id: job.data?.id ?? "" }, body: { code: pin.value } });
			done.value = true;
		} finally {
			pin.value = "";
			await job.reload();
		}
	});
	const there = job.data?.state === "at_door";
	return (
		<div class="card stack" data-test="by-phone" data-there={there}>
			<h3>{w.phone}</h3>
			{done.value ? (
				<Notice kind="ok" live test="phone-done">
					{w.phoneDone}
				</Notice>
			) : !there ? (
				<p class="sub">{w.phoneNone}</p>
			) : (
				<form
					class="stack"
					onSubmit={(e) => {
						e.preventDefault();
						if (pin.value.length === 6) void hand();
					}}
				>
					<p class="sub">{w.phoneHint}</p>
					<Field label={w.phonePin} value={pin.value} onType={(v) => (pin.value = v.replace(/\D/g, "").slice(0, 6))} inputmode="numeric" autocomplete="off" max={6} test="phone-pin" />
					<Trouble problem={hand.problem} />
					<Btn kind="main" wide submit icon="package-check" busy={hand.busy} off={pin.value.length < 6} test="phone-hand-over">
						{w.handOver}
					</Btn>
				</form>
			)}
		</div>
	);
}

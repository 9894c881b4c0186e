import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import type { Live } from "../../client/live";
import { useNow } from "../../client/live";
import { Btn } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { Head } from "../../parts/page";
import { Failure } from "../../client/problem";
import { keep } from "../../client/keep";
import { go } from "../../client/router";
import { money, slot, time } from "../../words/say";
import { addressLine } from "./address";
import { chosenOf } from "./choose";
import { type OrderLoaded, Sum } from "./order";
import { words } from "./order-words";
import { CardPick } from "./pay";
import { Line, Lines } from "../../parts/list";

/** Pay: everything on one page before money moves; a refused card says that nothing was taken. */
export function Pay({ d, live }: { d: OrderLoaded; live: Live<OrderLoaded> }) {
	const w = words().order;
	const o = d.order;
	const now = useNow();
	const card = useSignal("card_ok");
	const pay = useAct(async (key) => {
		live.put({ ...d, order: await call("POST /orders/{id}/pay", { key, path: { id: o.id }, body: { method: card.value } }) });
		void keep.remove("draft", chosenOf(o.prescription));
		await live.reload();
	});
	// The medicine is set aside for this order: it is let go of first, then everything chosen is there again.
	const another = useAct(async (key) => {
		await call("POST /orders/{id}/cancel", { key, path: { id: o.id }, body: { reason: "changed_mind" } });
		go(`/rx/${o.prescription}/order`);
	});
	const more = useAct(async (key) => {
		live.put({ ...d, order: await call("POST /orders/{id}/extend", { key, path: { id: o.id } }) });
	});
	const over = !!o.slot && (!o.slot.keepable || [pay.problem, more.problem].some((p) => p instanceof Failure && p.code === "slot-gone"));
	const short = o.pay_until && Date.parse(o.pay_until) - now < 3 * 60_000;
	return (
		<>
			<Head>{w.payTitle}</Head>
			{!o.held ? (
				<p class="hint" role="status" data-test="holding">
					{w.holding}
				</p>
			) : (
				o.pay_until && (
					<p class="hint num" role="status">
						{w.held(time(o.pay_until))}
						{short && (
							<Btn kind="bare" busy={more.busy} onPress={() => void more()} test="extend">
								{w.more}
							</Btn>
						)}
					</p>
				)
			)}
			<Trouble problem={more.problem} />
			{o.payment_failed && !pay.busy && <Notice kind="stop">{w.refused}</Notice>}
			<section class="card">
				<Sum d={d} />
			</section>
			<Lines>
				<Line icon="store" title={d.pharmacy} sub={w.from} />
				{o.address && <Line icon="house" title={addressLine(o.address)} sub={w.to} />}
				{o.slot && <Line icon="clock" title={slot(o.slot.from, o.slot.until)} sub={w.slotSub} test="pay-slot" />}
			</Lines>
			{over && (
				<Notice kind="warn" test="slot-over">
					{w.slotOver}
				</Notice>
			)}
			<CardPick value={card.value} onPick={(v) => (card.value = v)} />
			<Trouble problem={another.problem ?? (over ? undefined : pay.problem)} />
			{over && (
				<Btn kind="main" wide busy={another.busy} onPress={() => void another()} test="other-time">
					{w.otherTime}
				</Btn>
			)}
			<Btn kind={over ? "more" : "main"} wide busy={pay.busy || o.paying} off={!o.held || over} onPress={() => void pay()} test="pay">
				{w.pay(money(o.total))}
			</Btn>
			<p class="sub">{w.charged}</p>
		</>
	);
}

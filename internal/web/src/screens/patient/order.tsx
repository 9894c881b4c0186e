import { useSignal } from "@preact/signals";

import type { OrderView, TrackedView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { type Live, useLive } from "../../client/live";
import { size } from "../../client/session";
import { Btn, Go } from "../../parts/button";
import { ReadCode } from "../../parts/camera";
import { Field } from "../../parts/field";
import { Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { QR } from "../../parts/qr";
import { Sheet } from "../../parts/sheet";
import { SlotTold } from "../../parts/slots";
import { medicine } from "../../words/medicine";
import { hours, money, time, when } from "../../words/say";
import { Again } from "./again";
import { AddressForm, addressLine } from "./address";
import { Move, MoveTold } from "./move";
import { markRead, orNothing, pharmacyName } from "./facts";
import { words as homeWords } from "./home-words";
import { OrderNow, PinSheet } from "./ordercard";
import { words } from "./order-words";
import { Pay } from "./orderpay";
import { Top } from "./people";
import { arrives, broughtAgain, feeBack, late } from "./table";

export interface OrderLoaded {
	order: OrderView;
	track: TrackedView | undefined;
	pharmacy: string;
}

export async function loadOrder(id: string): Promise<OrderLoaded> {
	const order = await call("GET /orders/{id}", { path: { id } });
	const [track, pharmacy] = await Promise.all([
		order.job ? orNothing<TrackedView | undefined>(call("GET /orders/{id}/delivery", { path: { id } }), undefined) : undefined,
		pharmacyName(order.pharmacy),
	]);
	return { order, track, pharmacy };
}

/** One order, from being set aside to the door: what it costs, the clock, the map, the PIN, the people. */
export default function Order({ id }: { id: string }) {
	const w = words().order;
	const live = useLive<OrderLoaded>(`order ${id}`, () => loadOrder(id), undefined, 15_000);
	const d = live.data;
	if (d && (d.order.state === "cancelled" || d.order.state === "delivered")) markRead(d.order.id);
	return (
		<Page title={w.title} of={live} top={d ? <Top person={d.order.patient} /> : undefined} up="/" foot={d && <Foot d={d} live={live} />}>
			{(x) => (
				<div data-test="order" data-state={x.order.state} class="stack-l">
					{x.order.state === "unpaid" ? <Pay d={x} live={live} /> : <Under d={x} live={live} />}
				</div>
			)}
		</Page>
	);
}

function title(d: OrderLoaded): string {
	const w = words().order;
	const r = homeWords().rows;
	const o = d.order;
	const at = arrives(o, d.track);
	if (o.state === "delivered") return r.delivered(time([...o.history].reverse().find((h) => h.to === "delivered")?.at ?? o.created_at));
	if (o.state === "cancelled") return w.cancelled;
	if (o.state === "undelivered" || ["failed", "returning", "returned"].includes(d.track?.state ?? "")) return r.not_delivered;
	if (d.track?.state === "at_door") return r.at_door;
	if (late(o, d.track, Date.now()) && at) return r.late(time(at));
	if (o.slot?.waits) return w.step.placed ?? ""; // the time stands below
	if (o.state === "collected") return r.collected(homeWords().your, at ? time(at) : "");
	if (o.state === "ready" && o.fulfilment === "pickup") return r.pickup;
	if (o.slot && (o.state === "preparing" || o.state === "ready")) return r.preparingSlot(hours(o.slot.from, o.slot.until));
	if (o.state === "preparing" || o.state === "ready") return at ? r.preparing(time(at)) : r.preparingNoTime;
	return r.reviewing;
}

function Under({ d, live }: { d: OrderLoaded; live: Live<OrderLoaded> }) {
	const w = words().order;
	const o = d.order;
	const said = title(d);
	const running = !["cancelled", "delivered", "undelivered"].includes(o.state);
	return (
		<>
			<div role="status">
				<Head key={said}>{said}</Head>
			</div>
			{o.question && (
				<Notice kind="lamp">
					<b>{w.asked}</b>
					{o.promise?.paused && w.paused}
					<Go small to={`/order/${o.id}/answer`} test="to-answer">
						{homeWords().acts.answer}
					</Go>
				</Notice>
			)}
			{o.state === "cancelled" && o.reason && <Notice>{w.reasons[o.reason] ?? o.reason.replace(/[-_]/g, " ")}</Notice>}
			{o.state === "undelivered" && <Notice kind="warn">{w.undelivered}</Notice>}
			{running && late(o, d.track, Date.now()) && <Late order={o} />}
			{o.state === "delivered" && o.promise?.broken_in && <Late order={o} />}
			{o.attempt > 1 && running && <Notice>{broughtAgain(o) ? w.broughtAgain : w.attempt(o.attempt)}</Notice>}
			{running && o.slot && o.state !== "collected" && <SlotTold of={o.slot} hint={!o.slot.waits ? w.slotComes : Date.parse(o.slot.from) - Date.now() > 3_600_000 ? w.slotWaits : w.slotSoon} />}
			{running && o.slot && <MoveTold order={o} />}
			{running && o.slot?.waits && o.state === "placed" && <Move order={o} done={live.reload} />}
			{running && d.track && o.fulfilment === "courier" && <OrderNow order={o} track={d.track} />}
			{o.state === "ready" && o.fulfilment === "pickup" && <PickUp fill={o.fill} />}
			{size.value === "normal" && <Steps d={d} />}
			<section>
				<Lines>
					<Line icon="store" title={d.pharmacy} sub={w.from} />
					{o.address && <Line icon="house" title={addressLine(o.address)} sub={w.to} />}
					{running && <Line icon="message-square" to={`/order/${o.id}/call`} title={w.talk} test="talk" />}
					{o.state === "delivered" && <Line icon="star" to={`/order/${o.id}/thanks`} title={w.thanks} test="to-thanks" />}
					<Line icon="headset" to={`/case/new?about=${o.id}`} title={w.problem} />
				</Lines>
			</section>
			<section>
				<h2>{w.items}</h2>
				<Sum d={d} />
			</section>
			<More d={d} live={live} />
		</>
	);
}

/** Late says that the promise was broken, and what went back for it. */
function Late({ order: o }: { order: OrderView }) {
	const w = words().order;
	const paid = useLive(`no-keep paid ${o.id}`, () => orNothing(call("GET /orders/{id}/payments", { path: { id: o.id } }), { items: [] }), (e) => e.kind.startsWith("payment.") || e.kind === "order.promise_broken");
	const back = (paid.data?.items ?? []).map(feeBack).find((sum) => sum.minor > 0);
	return (
		<Notice kind="warn" test="late">
			<b>{o.state === "delivered" ? w.wasLate : w.isLate}</b>
			{back ? <span data-test="fee-back">{w.feeBack(money(back))}</span> : o.delivery_fee.minor > 0 && w.feeGoesBack}
		</Notice>
	);
}

function Steps({ d }: { d: OrderLoaded }) {
	const w = words().order;
	const o = d.order;
	const all = ["placed", "reviewing", "preparing", "ready", ...(o.fulfilment === "pickup" ? [] : ["collected"]), "delivered"];
	const reached = o.history.filter((h) => h.to !== "unpaid" && w.step[h.to]);
	const at = all.indexOf(o.state);
	const coming = ["cancelled", "undelivered"].includes(o.state) ? [] : all.slice(at + 1);
	return (
		<section>
			<h2 class="sr">{w.steps}</h2>
			<ol class="steps">
				{reached.map((h, n) => (
					<li key={h.at + h.to} class={n === reached.length - 1 && coming.length > 0 ? "here" : ""}>
						<span>{time(h.at)}</span>
						<i aria-hidden="true" />
						<b>{w.stepOf[h.event] ?? w.step[h.to]}</b>
					</li>
				))}
				{coming.map((s) => (
					<li key={s} class="to">
						<span>{s !== "delivered" ? "" : o.slot && !d.track?.arrives ? hours(o.slot.from, o.slot.until) : arrives(o, d.track) ? time(arrives(o, d.track)) : ""}</span>
						<i aria-hidden="true" />
						<span class="sub">{w.step[s]}</span>
					</li>
				))}
			</ol>
		</section>
	);
}

/** Sum is what is bought and what it costs. */
export function Sum({ d }: { d: OrderLoaded }) {
	const w = words().order;
	const o = d.order;
	return (
		<dl class="sum">
			{o.lines.map((l) => (
				<div key={l.product} class="as-is">
					<dt>
						{medicine(l.product)} ×{"\u00a0"}
						{l.quantity}
					</dt>
					<dd>{money(l.price)}</dd>
				</div>
			))}
			{o.delivery_fee.minor > 0 && (
				<div class="as-is">
					<dt>{w.fee}</dt>
					<dd>{money(o.delivery_fee)}</dd>
				</div>
			)}
			{o.discount.minor > 0 && (
				<div class="as-is">
					<dt>{w.discount}</dt>
					<dd>{money({ ...o.discount, minor: -o.discount.minor })}</dd>
				</div>
			)}
			<div class="as-is">
				<dt class="t">{w.total}</dt>
				<dd class="t" data-test="total">
					{money(o.total)}
				</dd>
			</div>
		</dl>
	);
}

function PickUp({ fill }: { fill: string }) {
	const w = words().order;
	const open = useSignal(false);
	return (
		<section>
			<Btn kind="main" wide icon="key-round" onPress={() => (open.value = true)} test="pickup-code">
				{w.code}
			</Btn>
			<Sheet title={w.code} open={open.value} onClose={() => (open.value = false)}>
				<Code fill={fill} />
				<p class="sub">{w.codeHint}</p>
			</Sheet>
		</section>
	);
}

function Code({ fill }: { fill: string }) {
	const live = useLive(`no-keep ${fill}`, () => call("GET /fills/{id}/pickup-code", { path: { id: fill } }));
	if (!live.data) return <Trouble problem={live.problem} />;
	return (
		<>
			<p class="pin" data-test="code">
				{live.data.code}
			</p>
			<QR text={live.data.code} label={words().order.codeAsQR} />
		</>
	);
}

const sealNumber = /^[\w-]{1,40}$/;

/** What else can be done: another address, a link, the seal, cancelling. */
function More({ d, live }: { d: OrderLoaded; live: Live<OrderLoaded> }) {
	const w = words().order;
	const o = d.order;
	const open = useSignal<"" | "address" | "link" | "seal" | "cancel">("");
	const link = useSignal("");
	const seal = useSignal("");
	const early = ["placed", "reviewing", "preparing", "ready"].includes(o.state);
	const close = () => (open.value = "");
	const share = useAct(async (key) => {
		const l = await call("POST /orders/{id}/delivery/link", { key, path: { id: o.id } });
		link.value = location.origin + l.path + (l.path.includes("#") ? "" : `#${l.token}`);
		open.value = "link";
	});
	const confirm = useAct(async (key) => {
		await call("POST /jobs/{id}/confirm-seal", { key, path: { id: d.track?.job ?? "" }, body: { seal: seal.value.trim().toUpperCase() } });
		close();
		await live.reload();
	});
	const cancel = useAct(async (key) => {
		await call("POST /orders/{id}/cancel", { key, path: { id: o.id }, body: { reason: "changed_mind" } });
		close();
		await live.reload();
	});
	const readdress = useAct(async (_key, p: { street?: string; entrance?: string; floor?: string; flat?: string; note?: string; receiver?: string; point: { lat: number; lon: number } }) => {
		const now = await versioned("GET /orders/{id}", { path: { id: o.id } });
		await call("PUT /orders/{id}/address", { path: { id: o.id }, match: now.tag, body: { text: p.street ?? "", entrance: p.entrance, floor: p.floor, door: p.flat, note: p.note, receiver: p.receiver, point: p.point } });
		close();
		await live.reload();
	});
	const underway = d.track && ["collected", "at_door"].includes(d.track.state);
	return (
		<section>
			<Lines>
				{d.track && !["delivered", "cancelled"].includes(o.state) && <Line icon="link" title={w.link} sub={w.linkHint} onPress={() => void share()} test="share-link" />}
				{underway && <Line icon="wifi-off" title={w.seal} onPress={() => (open.value = "seal")} test="seal" />}
				{early && o.fulfilment === "courier" && <Line icon="map-pin" title={w.readdress} onPress={() => (open.value = "address")} />}
				{early && <Line icon="x" title={w.cancel} onPress={() => (open.value = "cancel")} test="cancel-order" />}
			</Lines>
			<Trouble problem={share.problem} />
			<Sheet title={w.link} open={open.value === "link"} onClose={close}>
				<p class="break" data-test="track-link">
					{link.value}
				</p>
				<p class="sub">{w.linkHint}</p>
			</Sheet>
			<Sheet title={w.sealTitle} open={open.value === "seal"} onClose={close}>
				<form
					class="stack-l"
					onSubmit={(e) => {
						e.preventDefault();
						if (seal.value.trim()) void confirm();
					}}
				>
					<p class="sub">{w.sealHint}</p>
					<ReadCode label={w.sealScan} formats={["qr_code", "code_128"]} onRead={(v) => sealNumber.test(v) && ((seal.value = v), true)} test="scan-seal" />
					<Field label={w.sealLabel} value={seal.value} onType={(v) => (seal.value = v)} max={40} test="seal-number" />
					<Trouble problem={confirm.problem} />
					<Btn kind="main" wide submit busy={confirm.busy} test="confirm-seal">
						{w.confirm}
					</Btn>
				</form>
			</Sheet>
			<Sheet title={w.readdress} open={open.value === "address"} onClose={close}>
				<Trouble problem={readdress.problem} />
				<AddressForm patient={o.patient} onDone={(p) => void readdress(p)} />
			</Sheet>
			<Sheet title={w.cancelSure} open={open.value === "cancel"} onClose={close}>
				<div class="stack">
					<Trouble problem={cancel.problem} />
					<Btn kind="main" wide busy={cancel.busy} onPress={() => void cancel()} test="sure">
						{w.cancel}
					</Btn>
					<Btn wide onPress={close}>
						{w.keep}
					</Btn>
				</div>
			</Sheet>
		</section>
	);
}

function Foot({ d, live }: { d: OrderLoaded; live: Live<OrderLoaded> }) {
	const w = words().order;
	const pin = useSignal(false);
	const o = d.order;
	const refund = useAct(async (key) => {
		await call("POST /orders/{id}/cancel", { key, path: { id: o.id }, body: { reason: "changed_mind" } });
		await live.reload();
	});
	if (o.question)
		return (
			<Go kind="main" wide to={`/order/${o.id}/answer`}>
				{homeWords().acts.answer}
			</Go>
		);
	if (o.state === "undelivered")
		return (
			<>
				<Trouble problem={refund.problem} />
				<Again order={o} done={live.reload} />
				<Btn wide busy={refund.busy} onPress={() => void refund()}>
					{w.refund}
				</Btn>
			</>
		);
	if (o.state === "collected" && d.track && ["collected", "at_door"].includes(d.track.state))
		return (
			<>
				<Btn kind="main" wide icon="key-round" onPress={() => (pin.value = true)} test="show-pin">
					{w.pin}
				</Btn>
				<PinSheet job={d.track.job} open={pin.value} onClose={() => (pin.value = false)} />
			</>
		);
	if (o.state === "delivered" && !o.rated)
		return (
			<Go kind="main" wide to={`/order/${o.id}/thanks`} test="thanks">
				{w.thanks}
			</Go>
		);
	if (o.state === "cancelled")
		return (
			<Go kind="main" wide to={`/rx/${o.prescription}/order`}>
				{o.reason === "slot-full" ? w.otherTime : homeWords().acts.otherPharmacy}
			</Go>
		);
	return o.state === "delivered" ? <p class="saved num">{when(o.created_at)}</p> : null;
}

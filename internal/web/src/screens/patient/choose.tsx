import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { CoverageView, IntakeView, PlaceView, PrescriptionView, QuoteView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { Failure, fieldSaid } from "../../client/problem";
import { keep } from "../../client/keep";
import { go } from "../../client/router";
import { size } from "../../client/session";
import { Btn, Go } from "../../parts/button";
import { Field, Options } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Empty, Line, Lines } from "../../parts/list";
import { MapBox } from "../../parts/map/map";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { SlotPick, type Span } from "../../parts/slots";
import { distance, money, slot as slotSaid, time, when } from "../../words/say";
import { AddressForm, addressLine } from "./address";
import { orNothing } from "./facts";
import { words } from "./order-words";
import { Whom } from "./people";

type Way = "courier" | "pickup" | "parcel";

interface Loaded {
	rx: PrescriptionView;
	part: string;
	places: PlaceView[];
	intake: IntakeView | undefined;
}

/** What was chosen so far: kept on the device until it is paid for, so that a time that is lost costs nothing else. */
interface Chosen {
	way: Way;
	place: string;
	slot: string;
	code: string;
}

/** asSoon is the choice of no time: as soon as it can be. */
const asSoon = "as-soon";

/** chosenOf is where what was chosen for a prescription is kept. */
export const chosenOf = (rx: string) => `order ${rx}`;

/** Where from: each pharmacy with its honest time, its price and whether it has everything; as a list, then a map. */
export default function Choose({ id }: { id: string }) {
	const w = words().choose;
	const now = useNow();
	const way = useSignal<Way>("courier");
	const place = useSignal<PlaceView | undefined>(undefined);
	const sheet = useSignal<"" | "places" | "new">("");
	const map = useSignal(false);
	const code = useSignal("");
	const slot = useSignal("");
	const known = useSignal<Chosen | undefined>(undefined);
	useEffect(() => {
		void keep.read<Chosen>("draft", chosenOf(id)).then((was) => {
			if (!was) return;
			way.value = was.way;
			slot.value = was.slot;
			code.value = was.code;
			known.value = was;
		});
	}, [id]);
	const live = useLive<Loaded>(`choose ${id}`, async () => {
		const rx = await call("GET /prescriptions/{id}", { path: { id } });
		const places = await orNothing(call("GET /patients/{id}/addresses", { path: { id: rx.patient } }), { items: [] });
		const part = rx.parts.find((p) => p.state === "signed" && Date.parse(p.earliest) <= Date.now() && Date.parse(p.until) > Date.now());
		return { rx, part: part?.id ?? "", places: places.items, intake: undefined };
	});
	const d = live.data;
	const to = place.value ?? d?.places.find((p) => p.id === known.value?.place) ?? d?.places[0];
	const remember = () => void keep.write("draft", chosenOf(id), { way: way.value, place: to?.id ?? "", slot: slot.value, code: code.value } satisfies Chosen);
	const ask = d?.part && (way.value !== "courier" || to) ? `${d.part} ${way.value} ${to?.point.lat},${to?.point.lon}` : "";
	const quotes = useLive<QuoteView[]>(
		`quotes ${ask}`,
		async () => (ask && d ? (await call("POST /quotes", { body: { part: d.part, fulfilment: way.value, door: way.value === "pickup" ? to?.point : to?.point } })).items : []),
		(e) => /^(stock|pharmacy|fill)\./.test(e.kind),
		30_000,
	);
	const spot = way.value === "courier" && to ? `${to.point.lat},${to.point.lon}` : "";
	const cover = useLive<CoverageView | undefined>(`cover ${spot}`, async () => (spot && to ? await call("POST /coverage", { body: { point: to.point } }) : undefined), (e) => e.kind.startsWith("zone.") || e.kind.startsWith("order."), 30_000);
	const times = timesOf(cover.data, quotes.data ?? []);
	const soon = way.value === "courier" && cover.data?.covered;
	const first = times.find((s) => !s.empty);
	const wanted = slot.value || (cover.data && !soon ? (first?.from ?? "") : asSoon);
	const at = way.value === "courier" && wanted !== asSoon ? times.find((s) => s.from === wanted) : undefined;
	const gone = way.value === "courier" && !!cover.data && wanted !== "" && wanted !== asSoon && !at;
	const order = useAct(async (key, pharmacy: string) => {
		remember();
		const o = await call("POST /orders", {
			key,
			body: { slot: at?.from, part: d?.part ?? "", pharmacy, fulfilment: way.value, coupon: code.value.trim() || undefined, risk_warning_read: true, address: way.value === "pickup" || !to ? undefined : { text: to.street ?? "", entrance: to.entrance, floor: to.floor, door: to.flat, note: to.note, receiver: to.receiver, point: to.point } },
		});
		go(`/order/${o.id}`);
	});
	const lost = order.problem instanceof Failure && /^slot-/.test(order.problem.code);
	useEffect(() => {
		if (!lost) return;
		void cover.reload();
		void quotes.reload();
	}, [lost]);
	const can = (q: QuoteView) => (at ? q.in_stock : q.open && q.in_stock);
	const list = [...(quotes.data ?? [])].sort((a, b) => Number(can(b)) - Number(can(a)) || a.p90_minutes - b.p90_minutes || a.metres - b.metres);
	const lists = gone ? [] : list.filter((q) => (at ? q.slots.some((s) => s.from === at.from) : q.fulfilments.includes(way.value)));
	return (
		<Page title={w.title} of={live} up={`/rx/${id}`} middle={<Whom person={d?.rx.patient} />} wide>
			{(x) => !x.part ? <Over rx={x.rx} /> : (
				<div data-test="choose" class="stack-l">
					<Head>{w.title}</Head>
					<section class="stack">
						<Options legend={w.how} hideLegend value={way.value} onPick={(v) => {
								way.value = v;
								remember();
							}} of={(["courier", "pickup", "parcel"] as const).map((value) => ({ value, text: w.ways[value] }))} test="way" />
						{way.value !== "pickup" && (
							<Lines>
								<Line icon="house" title={to ? addressLine(to) : w.place} sub={to ? w.to : w.placeHint} onPress={() => (sheet.value = x.places.length > 0 ? "places" : "new")} end={to ? <span class="as-link">{w.change}</span> : undefined} test="address" />
							</Lines>
						)}
					</section>
					{(times.length > 0 || (gone && soon)) && (
						<section>
							<SlotPick
								legend={w.when}
								of={times}
								value={gone ? "" : wanted}
								onPick={(v) => {
									slot.value = v;
									remember();
									order.clear();
								}}
								{...(soon ? { now: { value: asSoon, text: w.asSoon } } : {})}
							/>
						</section>
					)}
					{way.value === "courier" && cover.data && !soon && (
						<Notice kind={times.length > 0 ? "info" : "warn"} test="no-thirty">
							{!cover.data.zone ? w.outside : times.length > 0 ? w.setHours : w.allTaken}
						</Notice>
					)}
					{gone && (
						<Notice kind="warn" test="slot-gone">
							{w.slotGone}
						</Notice>
					)}
					<Trouble problem={gone && lost ? undefined : (order.problem ?? quotes.problem)} again={quotes.problem ? () => void quotes.reload() : undefined} />
					<div class="cols">
						<section data-test="quotes" aria-live="polite">
							{quotes.data && ask && lists.length === 0 && !gone && (
								<Empty drawing="bag">
									<p>{w.none}</p>
									<p class="sub">{w.noneHint}</p>
								</Empty>
							)}
							{lists.length > 0 && <p class="sub" data-test="risk">{w.risk}</p>}
							<ul class="quotes">
								{lists.slice(0, size.value === "normal" ? 20 : 3).map((q, n) => (
									<Quote first={n === 0} key={q.pharmacy} q={q} slot={at} way={way.value} now={now} busy={order.busy} onChoose={() => void order(q.pharmacy)} />
								))}
							</ul>
						</section>
						{lists.length > 0 && size.value === "normal" && (
							<section>
								{!map.value ? (
									<Btn wide icon="map" onPress={() => (map.value = true)} test="show-map">
										{w.map}
									</Btn>
								) : (
									<div class="card flush">
										<MapBox label={w.mapLabel} height="tall" marks={[...lists.map((q) => ({ id: q.pharmacy, at: q.at, kind: "pharmacy" as const, name: q.name })), ...(to ? [{ id: "home", at: to.point, kind: "home" as const, name: w.to }] : [])]} />
									</div>
								)}
							</section>
						)}
					</div>
					{size.value === "normal" && (lists.length > 0 || gone) && (
						<section>
							<Field label={words().order.coupon} value={code.value} onType={(v) => (code.value = v)} onLeave={remember} max={40} test="coupon" said={fieldSaid(order.problem, "coupon")} />
						</section>
					)}
					<Sheet title={w.place} open={sheet.value === "places"} onClose={() => (sheet.value = "")}>
						<Lines>
							{x.places.map((p) => (
								<Line
									key={p.id}
									icon="house"
									title={p.label || p.street || ""}
									sub={addressLine(p)}
									onPress={() => {
										place.value = p;
										sheet.value = "";
									}}
								/>
							))}
							<Line icon="plus" title={w.addressNew} onPress={() => (sheet.value = "new")} />
						</Lines>
					</Sheet>
					<Sheet title={w.place} open={sheet.value === "new"} onClose={() => (sheet.value = "")}>
						<AddressForm
							patient={x.rx.patient}
							onDone={(p) => {
								place.value = p;
								sheet.value = "";
								void live.reload();
							}}
						/>
					</Sheet>
				</div>
			)}
		</Page>
	);
}

/** timesOf lists when a courier can come to a place: as its zone says, and which of them no pharmacy can keep. */
function timesOf(cover: CoverageView | undefined, quotes: QuoteView[]) {
	return (cover?.slots ?? []).map((s) => ({ ...s, empty: quotes.length > 0 && !quotes.some((q) => q.in_stock && q.slots.some((x) => x.from === s.from)) }));
}

/** Over is a prescription that no pharmacy may fill: its order is shown, or the way to a new one. */
function Over({ rx }: { rx: PrescriptionView }) {
	const w = words().choose;
	const order = rx.parts.find((p) => p.order)?.order;
	return (
		<div class="stack-l" data-test="choose-over">
			<Head>{w.title}</Head>
			<Notice kind="warn">{w.over}</Notice>
			<Go kind="main" wide to={order ? `/order/${order}` : `/for/${rx.patient}`}>
				{order ? w.order : w.see}
			</Go>
		</div>
	);
}

function Quote({ q, slot, first, way, now, busy, onChoose }: { q: QuoteView; slot: Span | undefined; first: boolean; way: Way; now: number; busy: boolean; onChoose: () => void }) {
	const w = words().choose;
	const total = { minor: q.medicine.minor + (way === "pickup" ? 0 : q.delivery_fee.minor), currency: q.medicine.currency };
	const can = q.in_stock && (q.open || !!slot);
	const at = slot ? slotSaid(slot.from, slot.until) : way === "courier" ? w.by(time(now + q.median_minutes * 60_000), time(now + q.p90_minutes * 60_000)) : way === "pickup" ? w.ready(q.median_minutes) : w.parcelDays;
	return (
		<li data-test="quote" data-can={can}>
			<div>
				<h2>{q.name}</h2>
				<p class="num at">{can ? at : q.open || slot ? w.noStock : w.closed(q.opens_at ? when(q.opens_at) : "")}</p>
				<p class="sub num">
					{q.in_stock && (
						<>
							<Icon name="check" class="small" /> {w.stock} ·{" "}
						</>
					)}
					{w.away(distance(q.metres))}
					{way !== "pickup" && <> · {w.fee(money(q.delivery_fee))}</>}
				</p>
				{can && way === "courier" && !slot && !q.promise_can_be_kept && <p class="sub warnline">{w.noPromise(q.promise_minutes)}</p>}
			</div>
			<div class="end">
				<b class="num">{money(total)}</b>
				<Btn kind={first && can ? "main" : "more"} small off={!can} busy={busy} onPress={onChoose} test="choose-pharmacy" label={`${w.choose}: ${q.name}`}>
					{w.choose}
				</Btn>
			</div>
		</li>
	);
}

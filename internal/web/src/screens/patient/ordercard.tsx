import type { GeoPoint, OrderView, PrescriptionView, TrackedView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { size } from "../../client/session";
import { Clock } from "../../parts/clock";
import { Icon } from "../../parts/icon";
import { Line, Lines } from "../../parts/list";
import { MapBox, type Mark } from "../../parts/map/map";
import { Ghost } from "../../parts/page";
import { Trouble } from "../../parts/notice";
import { QR } from "../../parts/qr";
import { Sheet } from "../../parts/sheet";
import { ago, distance, time } from "../../words/say";
import { pharmacyName } from "./facts";
import { words } from "./home-words";
import { arrives } from "./table";

/** PinSheet shows the PIN of one delivery; the figures are asked for when it is opened and kept nowhere. */
export function PinSheet({ job, open, onClose }: { job: string; open: boolean; onClose: () => void }) {
	const w = words();
	return (
		<Sheet title={w.pinTitle} open={open} onClose={onClose} test="pin-sheet">
			<Pin job={job} />
			<p class="sub">{w.pinHint}</p>
		</Sheet>
	);
}

function Pin({ job }: { job: string }) {
	const live = useLive(`no-keep ${job}`, () => call("GET /jobs/{id}/pin", { path: { id: job } }));
	if (live.problem) return <Trouble problem={live.problem} again={() => void live.reload()} />;
	if (!live.data) return <Ghost />;
	return (
		<>
			<p class="pin" data-test="pin" aria-label={[...live.data.code].join(" ")}>
				{live.data.code}
			</p>
			<QR text={live.data.code} label={words().pinAsQR} />
		</>
	);
}

/** metres is how far two points are apart, near enough for a town. */
export function metres(a: GeoPoint, b: GeoPoint): number {
	const k = 111_320;
	return Math.hypot((a.lat - b.lat) * k, (a.lon - b.lon) * k * Math.cos((a.lat * Math.PI) / 180));
}

const degrees = (from: GeoPoint, to: GeoPoint) => (Math.atan2((to.lon - from.lon) * Math.cos((from.lat * Math.PI) / 180), to.lat - from.lat) * 180) / Math.PI;

/** The steps of an order with the time each was reached. */
export function stepsOf(o: OrderView): { state: string; at: string }[] {
	const want = ["placed", "reviewing", "preparing", "ready", "collected", "delivered"];
	return want.flatMap((state) => {
		const hit = [...o.history].reverse().find((h) => h.to === state);
		return hit ? [{ state, at: hit.at }] : [];
	});
}

/** PathLine is the way of an order as a line with dots: what is done, where it is, what is to come. */
function PathLine({ order, until }: { order: OrderView; until: number }) {
	const w = words();
	const now = useNow();
	const done = stepsOf(order);
	if (done.length === 0) return null;
	const from = Date.parse(done[0]?.at ?? order.created_at);
	const end = Math.max(until, now + 1);
	const x = (t: number) => 6 + Math.max(0, Math.min(1, (t - from) / (end - from))) * 338;
	const here = x(now);
	const last = done.at(-1);
	const said = [...done.map((s) => `${w.steps[s.state as "placed"]} ${time(s.at)}`), `${w.steps.delivered} ${time(end)}`].join(", ");
	return (
		<>
			<svg class="path" viewBox="0 0 350 20" role="img" aria-label={said}>
				<path class="l0" d={`M${here} 10 H344`} />
				<path class="l1" d={`M6 10 H${here}`} />
				{done.map((s) => (
					<circle key={s.state} class="d1" cx={x(Date.parse(s.at))} cy="10" r="5" />
				))}
				<circle class="halo" cx={here} cy="10" r="15" />
				<circle class="here" cx={here} cy="10" r="8" />
				<circle class="d0" cx="344" cy="10" r="5" />
			</svg>
			<p class="pathtext num" aria-hidden="true">
				<span>
					{time(from)} {w.steps.placed}
				</span>
				{last && last.state !== "placed" && (
					<span class="h">
						{w.steps[last.state as "placed"]} {time(last.at)}
					</span>
				)}
				<span>{time(end)}</span>
			</p>
		</>
	);
}

/** OrderNow is the live part of an order under way: clock, way, map, courier. */
export function OrderNow({ order, track, rx, small, acts }: { order: OrderView; track: TrackedView; rx?: PrescriptionView; small?: boolean; acts?: preact.ComponentChildren }) {
	const w = words();
	const now = useNow(5000);
	const until = arrives(order, track);
	const name = useLive(`pharmacy name ${order.pharmacy}`, () => pharmacyName(order.pharmacy), () => false, 3_600_000);
	const courier = track.courier;
	const who = courier?.first_name || w.courier;
	const riding = order.state === "collected"; // before that, who chose a time reads that time
	if (size.value !== "normal") {
		const from = Date.parse(track.placed);
		const part = Math.max(0.04, Math.min(0.96, (now - from) / Math.max(1, until - from)));
		return (
			<section>
				{until > 0 && (!order.slot || riding) && <Clock until={until} />}
				<svg class="meter-svg" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
					<rect width="100" height="6" rx="3" fill="var(--line)" />
					<rect width={part * 100} height="6" rx="3" fill="var(--action)" />
				</svg>
				<p class="hint">{w.elderDoor(who)}</p>
			</section>
		);
	}
	return (
		<>
			<section>
				{until > 0 && (!order.slot || riding) && (
					<Clock until={until}>
						{order.promise && until !== Date.parse(order.promise.due_at) && (
							<>
								{w.latest(time(order.promise.due_at))}
								<br />
							</>
						)}
						{courier && (courier.old ? w.position(time(courier.at)) : w.seen(ago(courier.at, now)))}
					</Clock>
				)}
				{until > 0 && (!order.slot || riding) && <PathLine order={order} until={until} />}
			</section>
			<section class="card flush trip">
				<OrderMap track={track} />
				<div class="man">
					<span class="ava">
						<Icon name="bike" />
					</span>
					<span>
						<b>{courier ? (track.state === "at_pharmacy" ? w.rides(who) : track.packed && ["collected", "at_door"].includes(track.state) ? w.has(who) : who) : (name.data ?? "")}</b>
						<span class="g num">{courier ? w.from(name.data ?? "") : ""}</span>
					</span>
				</div>
				{acts && <div class="tripacts">{acts}</div>}
			</section>
			{small && rx?.id && (
				<section>
					<Lines>
						<Line to={`/rx/${rx.id}`} icon="file-text" title={w.howTo} sub={w.medicines(rx.items.length)} />
					</Lines>
				</section>
			)}
		</>
	);
}

/** OrderMap is where counter, door and courier are. */
export function OrderMap({ track, tall }: { track: TrackedView; tall?: boolean }) {
	const w = words();
	const c = track.courier;
	const collected = ["collected", "at_door"].includes(track.state);
	const aim = collected ? track.door : track.counter;
	const marks: Mark[] = [
		{ id: "counter", at: track.counter, kind: "pharmacy", name: w.steps.ready },
		{ id: "door", at: track.door, kind: "home", name: w.steps.delivered },
	];
	if (c) marks.push({ id: "courier", at: c.point, kind: c.old ? "old-courier" : "courier", name: c.first_name, heading: degrees(c.point, aim) });
	return (
		<MapBox
			label={c ? w.map(distance(metres(c.point, track.door))) : w.steps.ready}
			marks={marks}
			done={c && collected ? [track.counter, c.point] : []}
			todo={c ? (collected ? [c.point, track.door] : [c.point, track.counter, track.door]) : [track.counter, track.door]}
			height={tall ? "tall" : "low"}
		/>
	);
}

import { useSignal } from "@preact/signals";

import type { GeoPoint, NextView, WhereView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, online } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { Btn, Go } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { ReadCode } from "../../parts/camera";
import { MapBox, type Mark } from "../../parts/map/map";
import { Notice, Trouble } from "../../parts/notice";
import { Head } from "../../parts/page";
import { QR } from "../../parts/qr";
import { slot, time } from "../../words/say";
import { AlsoOn } from "./also";
import { Keypad } from "./keypad";
import { place } from "./phone";
import { Problem } from "./problem";
import { stage, take } from "./ride";
import { words } from "./words";

/** Riding is a job in hand: one sentence, one place, one big button. */
export function Riding({ now, put }: { now: NextView; put: (n: NextView) => void }) {
	const w = words();
	const pharmacy = useLive(`pharmacy ${now.pharmacy}`, () => call("GET /pharmacies/{id}", { path: { id: now.pharmacy ?? "" } }), () => false);
	const name = pharmacy.data?.name ?? w.pharmacy;
	const trouble = useSignal(false);
	const step = useAct((_key, what: "arrive" | "at-door" | "turn-back") => take(now, what));
	const go = (what: "arrive" | "at-door" | "turn-back", text: string) => (
		<Btn kind="main" wide big icon={what === "at-door" ? "door-open" : what === "arrive" ? "store" : "undo-2"} busy={step.busy} onPress={() => void step(what)} test={`step-${what}`}>
			{text}
		</Btn>
	);
	const both = (
		<div class="acts even">
			<Go to={`/c/talk/${now.order}`} icon="message-square" test="talk">
				{w.talk}
			</Go>
			<Btn icon="circle-alert" onPress={() => (trouble.value = true)} test="problem">
				{w.problem}
			</Btn>
		</div>
	);
	return (
		<div class="ride">
			<Steps now={stage(now.todo)} />
			{onTheRoad.has(now.todo) && <Way to={now.to} kind={now.todo === "ride_to_door" ? "home" : "pharmacy"} name={now.todo === "ride_to_door" ? w.door : name} />}
			<div class="ridecard">
				{what(now, name, pharmacy.data?.address ?? "", go, both, put)}
				<Trouble problem={step.problem} />
			</div>
			{trouble.value && <Problem now={now} put={put} onClose={() => (trouble.value = false)} />}
		</div>
	);
}

const sixFigures = /^\d{6}$/;
const onTheRoad = new Set<NextView["todo"]>(["ride_to_counter", "ride_to_door", "bring_back"]);

function what(now: NextView, pharmacy: string, address: string, go: (what: "arrive" | "at-door" | "turn-back", text: string) => preact.JSX.Element, both: preact.JSX.Element, put: (n: NextView) => void) {
	const w = words();
	switch (now.todo) {
		case "ride_to_counter":
			return (
				<>
					<Left now={now} />
					<Head>{w.rideCounter(pharmacy)}</Head>
					<p class="where">{address}</p>
					<CounterFirst now={now} />
					<AlsoOn bags={now.also} />
					{now.ready_at && <p class="sub num">{w.readyAt(time(now.ready_at))}</p>}
					{both}
					{go("arrive", w.atCounter)}
				</>
			);
		case "show_code":
			return (
				<>
					<Left now={now} />
					<Head>{w.showTitle}</Head>
					<p class="hint">{w.showHint}</p>
					<Code job={now.job ?? ""} />
					<CounterFirst now={now} />
					<AlsoOn bags={now.also} />
					{now.ready_at && <p class="sub num">{w.readyAt(time(now.ready_at))}</p>}
					{both}
				</>
			);
		case "ride_to_door":
			return (
				<>
					<Left now={now} />
					<Head>{w.rideDoor(now.where?.receiver ?? "")}</Head>
					<Where where={now.where} />
					{now.seal && <p class="sub num">{w.seal(now.seal)}</p>}
					<AlsoOn bags={now.also} />
					{both}
					{go("at-door", w.atDoor)}
				</>
			);
		case "ask_pin":
			return <AskPin now={now} both={both} put={put} />;
		case "turn_back":
			return (
				<>
					<Head>{w.backTitle}</Head>
					<p class="hint">{w.backHint(pharmacy)}</p>
					{go("turn-back", w.back)}
				</>
			);
		default:
			return (
				<>
					<Head>{w.bringTitle(pharmacy)}</Head>
					<p class="where">{address}</p>
					<p class="hint">{w.bringHint}</p>
					<Code job={now.job ?? ""} />
				</>
			);
	}
}

/** AskPin types what the one at the door says. It counts only when the server has checked it. */
function AskPin({ now, both, put }: { now: NextView; both: preact.JSX.Element; put: (n: NextView) => void }) {
	const w = words();
	const typed = useSignal("");
	const hand = useAct(async (key) => {
		try {
			put(await call("POST /jobs/{id}/hand-over", { key, path: { id: now.job ?? "" }, body: { code: typed.value } }));
		} finally {
			typed.value = "";
		}
	});
	return (
		<>
			<Left now={now} />
			<Head>{w.pinTitle}</Head>
			<Where where={now.where} />
			{online.value ? <p class="sub">{w.pinHint}</p> : <Notice kind="warn" live>{w.pinAway}</Notice>}
			<ReadCode label={w.scanCode} formats={["qr_code", "code_128"]} onRead={(v) => sixFigures.test(v) && ((typed.value = v), true)} test="scan-pin" />
			<Keypad value={typed.value} length={6} onType={(v) => (typed.value = v)} />
			<Trouble problem={hand.problem} />
			<Btn kind="main" wide big icon="package-check" busy={hand.busy} off={typed.value.length < 6 || !online.value} onPress={() => void hand()} test="hand-over">
				{w.handOver}
			</Btn>
			{both}
		</>
	);
}

/** Code shows the courier's own code, live; it is never kept on the phone. */
function Code({ job }: { job: string }) {
	const w = words();
	const code = useLive(`no-keep code ${job}`, () => call("GET /jobs/{id}/code", { path: { id: job } }), () => true, 20_000);
	if (!online.value) return <Notice kind="warn" live>{w.codeAway}</Notice>;
	if (!code.data) return <Trouble problem={code.problem} again={() => void code.reload()} />;
	return (
		<div class="card">
			<p class="pin" data-test="code">
				{code.data.code}
			</p>
			<QR text={code.data.code} label={w.codeAsQR(code.data.code)} />
		</div>
	);
}

/** CounterFirst tells who has bags on board already that their doors come after this counter. */
function CounterFirst({ now }: { now: NextView }) {
	const w = words();
	if (!now.on_board) return null;
	return (
		<p class="sub num" data-test="counter-first">
			{w.counterFirst(now.on_board)}
		</p>
	);
}

function Left({ now }: { now: NextView }) {
	const w = words();
	const at = useNow();
	if (now.slot)
		return (
			<p class="sub num" data-test="ride-slot">
				<b>{w.slot(slot(now.slot.from, now.slot.until))}</b>
				{at < +new Date(now.slot.from) && <> · {w.notBefore}</>}
			</p>
		);
	if (!now.deadline) return null;
	const left = Math.floor((+new Date(now.deadline) - at) / 60_000);
	return (
		<p class="sub num">
			<b>{w.left(left)}</b>
		</p>
	);
}

function Where({ where }: { where: WhereView | undefined }) {
	const w = words();
	if (!where) return null;
	const last = [where.entrance && w.entrance(where.entrance), where.floor && w.floor(where.floor), where.flat && w.flat(where.flat)].filter(Boolean).join(", ");
	return (
		<>
			<p class="where num break">
				{where.street}
				{last && (
					<>
						<br />
						{last}
					</>
				)}
			</p>
			{where.note && (
				<p class="aside">
					<Icon name="message-square" />
					<span class="break">{where.note}</span>
				</p>
			)}
		</>
	);
}

function Way({ to, kind, name }: { to: GeoPoint | undefined; kind: Mark["kind"]; name: string }) {
	const w = words();
	if (!to) return null;
	const me = place.value.point;
	const marks: Mark[] = [{ id: "to", at: to, kind, name }];
	if (me) marks.push({ id: "me", at: me, kind: "courier", name: w.you, ...(place.value.heading === undefined ? {} : { heading: place.value.heading }) });
	return <MapBox label={w.route} marks={marks} todo={me ? [me, to] : []} height="full" />;
}

function Steps({ now }: { now: number }) {
	const w = words();
	if (now === 0) return null;
	return (
		<div class="steps-bar" role="img" aria-label={w.step(now)}>
			{[1, 2, 3, 4, 5].map((n) => (
				<i key={n} class={n < now ? "done" : n === now ? "here" : ""} />
			))}
		</div>
	);
}

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { VisitView, VisitWait } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { type Live, useLive, useNow } from "../../client/live";
import { go } from "../../client/router";
import { Btn, Go } from "../../parts/button";
import { Options } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { money, span, time, when } from "../../words/say";
import { beep, DeviceCheck } from "./devices";
import { doctorName, isOver, minutesOf, orNothing } from "./facts";
import { words as homeWords } from "./home-words";
import { CardPick } from "./pay";
import { Top } from "./people";
import { words } from "./visit-words";

interface Loaded {
	visit: VisitView;
	wait: VisitWait | undefined;
	doctor: string;
}

/** The waiting room: place, honest wait, who comes; the phone may be locked. Of a booked visit, its device check. */
export default function Wait({ id }: { id: string }) {
	const w = words().wait;
	const live = useLive<Loaded>(`wait ${id}`, async () => {
		const visit = await call("GET /visits/{id}", { path: { id } });
		const wait = visit.state === "waiting" ? await orNothing<VisitWait | undefined>(call("GET /visits/{id}/wait", { path: { id } }), undefined) : undefined;
		return { visit, wait, doctor: await doctorName(visit.doctor) };
	}, undefined, 15_000);
	const rung = useRef(false);
	const v = live.data?.visit;
	useEffect(() => {
		if (v?.state !== "in_progress" || rung.current) return;
		rung.current = true;
		ring(w.ready(live.data?.doctor || homeWords().doctor));
	}, [v?.state]);
	useEffect(() => {
		if (v && isOver(v)) go(`/visit/${id}`, true);
	}, [v?.state]);
	return (
		<Page title={w.title} of={live} top={v ? <Top person={v.patient} /> : undefined} up="/" foot={live.data && <Foot data={live.data} live={live} />}>
			{(d) => <Body d={d} live={live} />}
		</Page>
	);
}

function Body({ d, live }: { d: Loaded; live: Live<Loaded> }) {
	const w = words().wait;
	const { visit: v, wait } = d;
	const doctor = d.doctor || homeWords().doctor;
	const headline = v.state === "in_progress" ? w.ready(doctor) : v.state === "booked" ? w.booked(doctor, v.starts_at ? when(v.starts_at) : "") : w.second(wait?.position ?? 1);
	return (
		<div data-test="waiting" data-state={v.state} class="stack">
			<div role="status">
				<Head key={headline}>{headline}</Head>
			</div>
			{v.state === "waiting" &&
				(wait?.known ? (
					<p class="hint num">
						{w.about("")}
						<b>{span(wait.median_seconds)}</b>
						{minutesOf(wait.high_seconds) > minutesOf(wait.low_seconds) ? w.between(minutesOf(wait.low_seconds), minutesOf(wait.high_seconds)) : w.stop}
					</p>
				) : (
					!v.left_alone && <p class="hint">{w.unknown}</p>
				))}
			{v.state === "booked" && <p class="hint">{w.openFrom}</p>}
			{v.left_alone && <Notice kind="warn">{w.alone}</Notice>}
			{v.away && v.state === "waiting" && <Notice kind="lamp">{w.called}</Notice>}
			{v.fee_state === "refused" && <PayAgain v={v} live={live} />}
			<section>
				<DeviceCheck />
			</section>
			<section>
				<Invite visit={v.id} />
			</section>
		</div>
	);
}

/** PayAgain has a refused fee authorised with another card. */
function PayAgain({ v, live }: { v: VisitView; live: Live<Loaded> }) {
	const w = words().wait;
	const card = useSignal("card_ok");
	const pay = useAct(async (key) => {
		await call("POST /visits/{id}/pay", { key, path: { id: v.id }, body: { method: card.value } });
		await live.reload();
	});
	return (
		<div class="card stack">
			<Notice kind="stop">{w.refused}</Notice>
			<CardPick value={card.value} onPick={(x) => (card.value = x)} />
			<Trouble problem={pay.problem} />
			<Btn kind="main" wide busy={pay.busy} onPress={() => void pay()} test="pay-visit">
				{w.pay(money(v.terms.fee))}
			</Btn>
		</div>
	);
}

/** Invite makes a one-time link for one guest. */
export function Invite({ visit }: { visit: string }) {
	const w = words().wait;
	const open = useSignal(false);
	const as = useSignal<"interpreter" | "family" | "other">("family");
	const made = useSignal<{ url: string; until: string } | undefined>(undefined);
	const copied = useSignal(false);
	const make = useAct(async (key) => {
		const link = await call("POST /visits/{id}/guests", { key, path: { id: visit }, body: { as: as.value } });
		made.value = { url: `${location.origin}/g#${link.token}`, until: link.until };
	});
	return (
		<>
			<Btn
				icon="user-plus"
				wide
				onPress={() => {
					open.value = true;
					made.value = undefined;
					copied.value = false;
				}}
				test="invite"
			>
				{w.invite}
			</Btn>
			<Sheet title={w.invite} open={open.value} onClose={() => (open.value = false)}>
				<div class="stack-l">
					<p class="sub">{w.inviteHint}</p>
					{!made.value ? (
						<>
							<Options legend={w.invite} hideLegend value={as.value} onPick={(v) => (as.value = v)} of={(["family", "interpreter", "other"] as const).map((value) => ({ value, text: w.as[value] }))} />
							<Trouble problem={make.problem} />
							<Btn kind="main" wide busy={make.busy} onPress={() => void make()} test="make-link">
								{w.link}
							</Btn>
						</>
					) : (
						<>
							<p class="break" data-test="guest-link">
								{made.value.url}
							</p>
							<p class="sub">{w.until(when(made.value.until))}</p>
							<div class="acts even">
								<Btn icon="link" onPress={() => void navigator.clipboard?.writeText(made.value?.url ?? "").then(() => (copied.value = true))}>
									{copied.value ? w.copied : w.copy}
								</Btn>
								{"share" in navigator && (
									<Btn icon="share-2" onPress={() => void navigator.share({ url: made.value?.url }).catch(() => {})}>
										{w.share}
									</Btn>
								)}
							</div>
						</>
					)}
				</div>
			</Sheet>
		</>
	);
}

function Foot({ data, live }: { data: Loaded; live: Live<Loaded> }) {
	const w = words().wait;
	const h = homeWords();
	const now = useNow();
	const v = data.visit;
	const sure = useSignal(false);
	const here = useAct(async (key) => {
		if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
		await call("POST /visits/{id}/here", { key, path: { id: v.id } });
		await live.reload();
	});
	const leave = useAct(async (key) => {
		await call("POST /visits/{id}/cancel", { key, path: { id: v.id }, body: { reason: "changed_mind" } });
		go(`/for/${v.patient}`, true);
	});
	const near = v.state === "waiting" || (!!v.starts_at && Date.parse(v.starts_at) - now < 15 * 60_000);
	return (
		<>
			{v.state === "waiting" && <p class="lockp">{"Notification" in window && Notification.permission === "granted" ? w.lock : w.lockPlain}</p>}
			<Trouble problem={here.problem} />
			{v.state === "in_progress" ? (
				<Go kind="main" wide icon="video" to={`/visit/${v.id}/call`} test="join">
					{w.join}
				</Go>
			) : v.here ? (
				<p class="saved" role="status" data-test="is-here">
					{w.readyDone}
				</p>
			) : near ? (
				<Btn kind="main" wide busy={here.busy} onPress={() => void here()} test="ready">
					{w.am}
				</Btn>
			) : (
				<div class="acts even">
					<Go icon="calendar" to={`/visit/${v.id}/times`}>
						{w.change}
					</Go>
					<Go icon="download" to={`/api/v1/visits/${v.id}/calendar`} download>
						{w.calendar}
					</Go>
				</div>
			)}
			{v.state !== "in_progress" && (
				<Btn kind="bare" wide onPress={() => (sure.value = true)} test="leave-queue">
					{v.state === "booked" ? w.cancel : w.leave}
				</Btn>
			)}
			<Sheet title={v.state === "booked" ? w.cancel : h.leaveSure} open={sure.value} onClose={() => (sure.value = false)}>
				<div class="stack">
					{v.state === "waiting" && <p class="sub">{h.leaveHint}</p>}
					{v.state === "booked" && v.terms.no_show.minor > 0 && v.starts_at && Date.parse(v.starts_at) - now < v.terms.late_cancel_minutes * 60_000 && <Notice kind="warn">{words().when.noShow(money(v.terms.no_show))}</Notice>}
					<Trouble problem={leave.problem} />
					<Btn kind="main" wide busy={leave.busy} onPress={() => void leave()} test="sure">
						{v.state === "booked" ? w.cancel : w.leave}
					</Btn>
					<Btn wide onPress={() => (sure.value = false)}>
						{h.no}
					</Btn>
				</div>
			</Sheet>
		</>
	);
}

/** ring calls somebody back to the screen: sound, a buzz, and a message when the page is not seen. */
function ring(text: string): void {
	beep(659);
	setTimeout(() => beep(784), 700);
	navigator.vibrate?.([300, 200, 300]);
	if (document.hidden && "Notification" in window && Notification.permission === "granted") {
		void navigator.serviceWorker?.ready.then((r) => r.showNotification("housecall", { body: `${text} · ${time(Date.now())}`, tag: "visit", icon: "/icon-192.png" }));
	}
}

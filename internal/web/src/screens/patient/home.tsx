import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { type Live, useLive, useNow } from "../../client/live";
import { go } from "../../client/router";
import { size } from "../../client/session";
import { Btn, Go } from "../../parts/button";
import { Line, Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { day, hours, money, slot as slotSaid, time, when } from "../../words/say";
import { loadFacts, markRead, minutesOf, wasRead } from "./facts";
import { words } from "./home-words";
import { OrderNow, PinSheet } from "./ordercard";
import { given, type Known, nameOf, Top, usePeople } from "./people";
import { arrives, type Facts, matters, type Next } from "./table";

interface Loaded {
	facts: Facts;
	invited: number;
}

/** Home: one next thing, everything else a line below. */
export default function Home({ person }: { person: string }) {
	const w = words();
	const now = useNow();
	const people = usePeople();
	const live = useLive<Loaded>(`home ${person}`, async () => ({ facts: await loadFacts(person), invited: (await call("GET /grants")).invitations.length }), undefined, 20_000);
	const known = people.data?.find((k) => k.id === person);
	const all = live.data ? matters(live.data.facts, now, wasRead) : [];
	const first = all[0];
	return (
		<Page title={w.home} of={live} top={<Top person={person} />} foot={size.value !== "normal" && first && live.data ? <Acts next={first} person={person} live={live} stacked /> : undefined}>
			{({ facts, invited }) => {
				const next: Next = first ?? { row: "nothing" };
				const riding = !!next.order && !!next.track && ["collected", "late", "at_door"].includes(next.row);
				return (
					<div data-test="home" data-row={next.row} class="stack-l">
						<section aria-live="polite">
							<Headline next={next} facts={facts} known={known} />
						</section>
						{riding && next.order && next.track && <OrderNow order={next.order} track={next.track} rx={next.rx} small acts={size.value === "normal" && <Acts next={next} person={person} live={live} />} />}
						{size.value === "normal" && !riding && (
							<section>
								<Acts next={next} person={person} live={live} />
							</section>
						)}
						{size.value === "normal" && (
							<section>
								<Lines label={w.others}>
									{invited > 0 && <Line to="/circle" icon="user-plus" title={w.invited(invited)} test="invited" />}
									{all.slice(1, 6).map((n) => {
										const t = lineOf(n, facts, person);
										return <Line key={`${n.row}${t.to}`} to={t.to} icon={t.icon} title={t.title} test={`line-${n.row}`} />;
									})}
									{(people.data ?? [])
										.filter((k) => k.id !== person)
										.map((k) => (
											<Other key={k.id} known={k} />
										))}
								</Lines>
							</section>
						)}
					</div>
				);
			}}
		</Page>
	);
}

/** Another person of the circle, as one line. */
function Other({ known }: { known: Known }) {
	const live = useLive(`other ${known.id}`, () => loadFacts(known.id));
	const now = useNow();
	const next = live.data ? matters(live.data, now, wasRead)[0] : undefined;
	const said = next && next.row !== "nothing" && live.data ? lineOf(next, live.data, known.id).title : undefined;
	return <Line to={`/for/${known.id}`} icon="user" title={nameOf(known)} sub={said} test={`other-${known.id}`} />;
}

const doctorOf = (n: Next, facts: Facts) => (n.visit?.doctor && facts.doctors[n.visit.doctor]) || words().doctor;

/** headline is the sentence of a row. */
function headline(n: Next, facts: Facts, whose: string): string {
	const w = words();
	const r = w.rows;
	const at = n.order ? arrives(n.order, n.track) : 0;
	switch (n.row) {
		case "waiting":
			return n.wait?.known ? r.waiting(w.place(n.wait.position), minutesOf(n.wait.median_seconds)) : r.waitingUnknown(w.place(n.wait?.position ?? 1));
		case "call_open":
			return r.call_open(doctorOf(n, facts));
		case "unpaid":
			return n.order?.held && n.order.pay_until ? r.unpaid(time(n.order.pay_until)) : r.unheld;
		case "late":
			return r.late(at ? time(at) : "?");
		case "collected":
			return r.collected(whose, at ? time(at) : "?");
		case "preparing":
			if (n.order?.slot) return r.preparingSlot(hours(n.order.slot.from, n.order.slot.until));
			return at ? r.preparing(time(at)) : r.preparingNoTime;
		case "slot":
			return n.order?.slot ? r.slot(slotSaid(n.order.slot.from, n.order.slot.until)) : "";
		case "cancelled":
			return n.order && n.order.total.minor > 0 && n.order.history.some((h) => h.to === "placed") ? r.cancelled(money(n.order.total)) : r.cancelledFree;
		case "rx_gone":
			return n.rx?.state === "replaced" ? r.rx_replaced : r.rx_gone;
		case "booked":
			return r.booked(doctorOf(n, facts), n.visit?.starts_at ? when(n.visit.starts_at) : "");
		case "no_show":
			return r.no_show(time(n.visit?.starts_at ?? n.visit?.queued_at ?? 0));
		case "intake":
			return r.intake(left(n));
		case "delivered":
			return r.delivered(time(delivered(n)));
		default:
			return r[n.row] as string;
	}
}

const delivered = (n: Next) => [...(n.order?.history ?? [])].reverse().find((h) => h.to === "delivered")?.at ?? n.order?.created_at ?? 0;

/** How much of an intake is still asked, roughly: the mandatory ones. */
function left(n: Next): number {
	const i = n.intake;
	if (!i || i.state === "submitted") return 0;
	return [!i.place, !i.call_back, !i.consent, !i.complaint].filter(Boolean).length + i.questions.filter((q) => !q.answer).length;
}

function Headline({ next, facts, known }: { next: Next; facts: Facts; known: Known | undefined }) {
	const w = words();
	const own = !known || known.kind === "self";
	const whose = own ? w.your : w.of(given(nameOf(known)));
	const tag = ["collected", "at_door"].includes(next.row) || (next.row === "late" && next.order?.state === "collected") ? w.now.way : next.row === "waiting" ? w.now.wait : ["call_open", "rejoin"].includes(next.row) ? w.now.live : "";
	const wait = next.row === "waiting" && next.wait?.known ? next.wait : undefined;
	return (
		<>
			{tag && size.value === "normal" && (
				<p class="now">
					<span class="dot" />
					<span>{tag}</span>
				</p>
			)}
			<Head key={next.row}>{headline(next, facts, whose)}</Head>
			{next.row === "nothing" && <p class="hint">{own ? w.nothingHint : w.nothingFor(nameOf(known))}</p>}
			{wait && minutesOf(wait.high_seconds) > minutesOf(wait.low_seconds) && <p class="hint num">{w.range(minutesOf(wait.low_seconds), minutesOf(wait.high_seconds))}</p>}
			{next.row === "booked" && next.visit?.starts_at && <p class="hint num">{day(next.visit.starts_at)}</p>}
		</>
	);
}

interface Action {
	text: string;
	to?: string;
	tel?: string;
	press?: () => unknown;
	busy?: boolean;
	icon?: "phone" | "key-round" | "video" | "store" | "stethoscope";
}

/** Acts are the one main button of a row, and the one beside it. */
function Acts({ next, person, live, stacked }: { next: Next; person: string; live: Live<Loaded>; stacked?: boolean }) {
	const w = words();
	const a = w.acts;
	const ask = useSignal<"" | "pin" | "discard" | "cancel" | "leave">("");
	const step = useAct(async (key: string, what: "discard" | "cancel" | "leave" | "reattempt" | "here") => {
		const path = (id: string | undefined) => ({ id: id ?? "" });
		if (what === "discard") await call("POST /intakes/{id}/discard", { key, path: path(next.intake?.id) });
		if (what === "cancel") await call("POST /orders/{id}/cancel", { key, path: path(next.order?.id), body: { reason: "changed_mind" } });
		if (what === "leave") await call("POST /visits/{id}/cancel", { key, path: path(next.visit?.id), body: { reason: "changed_mind" } });
		if (what === "reattempt" && next.order?.slot) return go(`/order/${next.order.id}`); // the time is asked there
		if (what === "reattempt") await call("POST /orders/{id}/reattempt", { key, path: path(next.order?.id), body: {} });
		if (what === "here") await call("POST /visits/{id}/here", { key, path: path(next.visit?.id) });
		ask.value = "";
		await live.reload();
	});
	const begin = useAct(async (key) => {
		const i = await call("POST /intakes", { key, body: { patient: person, specialty: "general" } });
		go(`/intake/${i.id}/where`);
	});
	const order = next.order ? `/order/${next.order.id}` : "";
	const visit = next.visit ? `/visit/${next.visit.id}` : "";
	const rx = next.rx?.id ? `/rx/${next.rx.id}` : "";
	const contact: Action = { text: a.contact, to: `${order}/call`, icon: "phone" };
	const see: Action = { text: w.seeDoctor, press: () => begin(), busy: begin.busy, icon: "stethoscope" };
	const pair = ((): [Action, Action | undefined] => {
		switch (next.row) {
			case "redirected":
				return [{ text: a.emergency(next.visit?.emergency_number ?? ""), tel: next.visit?.emergency_number, icon: "phone" }, { text: a.why, to: visit }];
			case "at_door":
			case "collected":
				return [{ text: a.pin, press: () => (ask.value = "pin"), icon: "key-round" }, contact];
			case "call_open":
				return [{ text: a.join, to: `${visit}/call`, icon: "video" }, { text: a.minute, press: () => step("here") }];
			case "rejoin":
				return [{ text: a.rejoin, to: `${visit}/call`, icon: "video" }, undefined];
			case "asked":
				return [{ text: a.answer, to: `${order}/answer` }, { text: a.order, to: order }];
			case "payment_failed":
				return [{ text: a.payAgain, to: order }, { text: a.cancel, press: () => (ask.value = "cancel") }];
			case "unpaid":
				return [next.order?.held ? { text: a.pay(money(next.order.total)), to: order } : { text: a.order, to: order }, { text: a.cancel, press: () => (ask.value = "cancel") }];
			case "visit_fee":
				return [{ text: a.payAgain, to: `${visit}/wait` }, { text: a.leave, press: () => (ask.value = "leave") }];
			case "not_delivered":
				return [{ text: a.redeliver, press: () => step("reattempt"), busy: step.busy }, { text: a.refund, press: () => (ask.value = "cancel") }];
			case "waiting":
			case "left_alone":
				return [{ text: a.room, to: `${visit}/wait` }, { text: a.leave, press: () => (ask.value = "leave") }];
			case "late":
				return [{ text: a.where, to: order }, { text: a.help, to: `/case/new?about=${next.order?.id}` }];
			case "slot":
			case "resent":
			case "again":
			case "preparing":
			case "reviewing":
				return [{ text: a.order, to: order }, { text: a.cancel, press: () => (ask.value = "cancel") }];
			case "pickup":
				return [{ text: a.code, to: order, icon: "store" }, undefined];
			case "signed":
				return [{ text: a.get, to: `${rx}/order` }, { text: a.read, to: rx }];
			case "cancelled":
				return [{ text: a.otherPharmacy, to: `/rx/${next.order?.prescription}/order` }, { text: a.why, to: order }];
			case "expired":
			case "rx_gone":
				return [{ ...see, text: a.see }, { text: a.read, to: rx }];
			case "booked":
				return [{ text: a.check, to: `${visit}/wait` }, { text: a.change, to: `${visit}/times` }];
			case "no_show":
			case "visit_cancelled":
				return [{ ...see, text: a.queue }, { text: a.help, to: `/case/new?about=${next.visit?.id}` }];
			case "intake":
				return [{ text: a.on, to: `/intake/${next.intake?.id}` }, { text: a.discard, press: () => (ask.value = "discard") }];
			case "delivered":
				return [{ text: a.how, to: rx || order }, next.order?.rated ? undefined : { text: a.thank, to: `${order}/thanks` }];
			case "summary":
				return [{ text: a.summary, to: visit }, { text: a.problem, to: `/case/new?about=${next.visit?.id}` }];
			default:
				return [see, undefined];
		}
	})();
	const seen = () => {
		if (["redirected", "cancelled", "expired", "rx_gone", "no_show", "visit_cancelled", "summary"].includes(next.row)) markRead(next.order?.id ?? next.visit?.id ?? next.rx?.id ?? "");
	};
	const show = (x: Action, kind: "main" | "more", test: string) =>
		x.tel ? (
			<Go kind={kind} icon={x.icon} to={`tel:${x.tel}`} test={test} wide={stacked}>
				{x.text}
			</Go>
		) : x.to ? (
			<span class="as-is" onClickCapture={seen}>
				<Go kind={kind} icon={x.icon} to={x.to} test={test} wide>
					{x.text}
				</Go>
			</span>
		) : (
			<Btn kind={kind} icon={x.icon} onPress={() => void x.press?.()} busy={x.busy} test={test} wide={stacked || !pair[1]}>
				{x.text}
			</Btn>
		);
	const sure = { discard: [w.discardSure, "", a.discard], cancel: [w.cancelSure, next.order?.state === "unpaid" ? w.cancelHint : "", next.row === "not_delivered" ? a.refund : a.cancel], leave: [w.leaveSure, w.leaveHint, a.leave] } as const;
	const q = ask.value === "" || ask.value === "pin" ? undefined : ask.value;
	return (
		<>
			<div class={pair[1] ? "acts" : "stack"}>
				{show(pair[0], "main", "main-action")}
				{pair[1] && show(pair[1], "more", "more-action")}
			</div>
			<Trouble problem={begin.problem ?? (q ? undefined : step.problem)} />
			{next.track && <PinSheet job={next.track.job} open={ask.value === "pin"} onClose={() => (ask.value = "")} />}
			{q && (
				<Sheet title={sure[q][0]} open onClose={() => (ask.value = "")}>
					<div class="stack">
						{sure[q][1] && <p class="sub">{sure[q][1]}</p>}
						<Trouble problem={step.problem} />
						<Btn kind="main" wide busy={step.busy} onPress={() => void step(q)} test="sure">
							{sure[q][2]}
						</Btn>
						<Btn wide onPress={() => (ask.value = "")}>
							{w.no}
						</Btn>
					</div>
				</Sheet>
			)}
		</>
	);
}

function lineOf(n: Next, facts: Facts, person: string): { to: string; icon: "package" | "video" | "pill" | "clipboard-list" | "calendar"; title: string } {
	const title = headline(n, facts, words().your);
	if (n.order) return { to: n.row === "asked" ? `/order/${n.order.id}/answer` : `/order/${n.order.id}`, icon: "package", title };
	if (n.visit) return { to: n.row === "waiting" || n.row === "left_alone" || n.row === "booked" ? `/visit/${n.visit.id}/wait` : n.row === "call_open" || n.row === "rejoin" ? `/visit/${n.visit.id}/call` : `/visit/${n.visit.id}`, icon: n.row === "booked" ? "calendar" : "video", title };
	if (n.rx?.id) return { to: `/rx/${n.rx.id}`, icon: "pill", title };
	if (n.intake) return { to: `/intake/${n.intake.id}`, icon: "clipboard-list", title };
	return { to: `/for/${person}`, icon: "calendar", title };
}

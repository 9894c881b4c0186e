import { useSignal } from "@preact/signals";

import type { NoteView, PaymentView, PrescriptionView, ThreadItem, VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { size } from "../../client/session";
import { Btn, Go } from "../../parts/button";
import { Area } from "../../parts/field";
import { Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { ReadAloud } from "../../parts/read";
import { saidOf } from "../../parts/said";
import { Sheet } from "../../parts/sheet";
import { medicine } from "../../words/medicine";
import { date, inTongue, listed, money, when } from "../../words/say";
import { language } from "../../words/words";
import { doctorName, markRead, orNothing } from "./facts";
import { words as homeWords } from "./home-words";
import { complaintName } from "./intake-steps";
import { Top } from "./people";
import { words } from "./visit-words";

interface Loaded {
	visit: VisitView;
	doctor: string;
	note: NoteView | undefined;
	rx: PrescriptionView[];
	thread: ThreadItem[];
	payments: PaymentView[];
	recorded: number;
	said: string;
}

const threeDays = 72 * 3_600_000;

/** A visit once it is over: what it was, what next, what to look out for, and questions for three days. */
export default function Visit({ id }: { id: string }) {
	const w = words().visit;
	const path = { id };
	const live = useLive<Loaded>(`visit ${id}`, async () => {
		const visit = await call("GET /visits/{id}", { path });
		const over = visit.state === "completed";
		const [note, rx, thread, payments, doctor, recorded, said] = await Promise.all([
			over ? orNothing<NoteView | undefined>(call("GET /visits/{id}/note", { path }), undefined) : undefined,
			orNothing(call("GET /visits/{id}/prescriptions", { path }), { items: [] }),
			over ? orNothing(call("GET /visits/{id}/thread", { path }), { items: [] }) : { items: [] },
			orNothing(call("GET /visits/{id}/payments", { path }), { items: [] }),
			doctorName(visit.doctor),
			orNothing(call("GET /visits/{id}/recordings", { path }), { items: [] }),
			visit.admitted_at ? saidOf(id) : "",
		]);
		return { visit, note, rx: rx.items, thread: thread.items, payments: payments.items, doctor, recorded: recorded.items.length, said };
	});
	const d = live.data;
	if (d) markRead(d.visit.id);
	const open = d && (d.visit.state === "waiting" || d.visit.state === "booked" || d.visit.state === "in_progress");
	const signed = d?.rx.find((p) => p.state === "signed" && p.parts.some((x) => x.state === "signed"));
	return (
		<Page
			title={w.title}
			of={live}
			top={d ? <Top person={d.visit.patient} /> : undefined}
			up="/"
			foot={
				d &&
				(open ? (
					<Go kind="main" wide to={d.visit.state === "in_progress" ? `/visit/${id}/call` : `/visit/${id}/wait`}>
						{d.visit.state === "in_progress" ? words().wait.join : words().wait.title}
					</Go>
				) : d.visit.state === "redirected" ? (
					<Go kind="stop" wide icon="phone" to={`tel:${d.visit.emergency_number}`}>
						{w.call(d.visit.emergency_number)}
					</Go>
				) : signed ? (
					<Go kind="main" wide to={`/rx/${signed.id}/order`} test="get-medicine">
						{w.get}
					</Go>
				) : undefined)
			}
		>
			{(x) => <Body d={x} reload={live.reload} />}
		</Page>
	);
}

function Body({ d, reload }: { d: Loaded; reload: () => Promise<void> }) {
	const w = words().visit;
	const { visit: v, note } = d;
	const done = v.state === "completed";
	return (
		<div data-test="visit" data-state={v.state} class="stack-l">
			<div>
				<p class="now num">
					{w.states[v.state]} · {when(v.ended_at ?? v.starts_at ?? v.created_at)}
				</p>
				<Head>{done ? w.summary : complaintName(v.complaint)}</Head>
				<p class="hint">
					{w.with(d.doctor || homeWords().doctor)}
					{language.value === "zh" ? "，" : ", "}
					{complaintName(v.complaint)}
				</p>
			</div>
			{v.state === "redirected" && <Notice kind="stop">{w.redirected}</Notice>}
			{v.reason && w.reasons[v.reason] && <Notice>{w.reasons[v.reason]}</Notice>}
			{done && (
				<section class="card stack">
					{note?.summary ? <p class="big-text">{note.summary}</p> : <p class="sub">{w.noSummary}</p>}
					{size.value === "normal" && note?.summary && <ReadAloud word />}
				</section>
			)}
			{note && note.diagnoses.length > 0 && (
				<section>
					<h2>{w.diagnosis}</h2>
					<ul class="bullets">
						{note.diagnoses.map((x) => (
							<li key={x.code ?? x.words}>{x.words || inTongue(x.title ?? x.code ?? "", x.title_zh)}</li>
						))}
					</ul>
				</section>
			)}
			{note?.plan && (
				<section>
					<h2>{w.plan}</h2>
					<p class="pre">{note.plan}</p>
				</section>
			)}
			{done && <Notice kind="warn">{w.warning}</Notice>}
			{note?.sick_note && <Notice>{w.sick(date(note.sick_note.from), date(note.sick_note.until))}</Notice>}
			{note?.referral && <Notice>{w.referral(note.referral.to)}</Notice>}
			{note?.addenda.map((a) => (
				<section key={a.at}>
					<h3>{w.addendum(when(a.at))}</h3>
					<p class="pre">{a.words}</p>
				</section>
			))}
			<section>
				<Lines>
					{d.rx
						.filter((p) => p.state !== "draft" && p.id)
						.map((p) => (
							<Line key={p.id} to={`/rx/${p.id}`} icon="pill" title={w.read} sub={listed(p.items.map((i) => medicine(i.product).replace(", ", " ")))} test="to-rx" />
						))}
					{d.payments
						.filter((p) => p.state === "captured" || p.state === "partly_refunded" || p.state === "refunded")
						.map((p) => (
							<Line key={p.id} to={`/receipt/${p.id}`} icon="receipt" title={w.receipt} sub={w.fee(money(p.paid))} />
						))}
					{d.recorded > 0 && <Line to={`/visit/${v.id}/recordings`} icon="video" title={w.recordings} test="recordings" />}
					{d.said && <Line to={`/visit/${v.id}/said`} icon="message-square" title={w.said} sub={d.said} test="said" />}
					<Line to={`/case/new?about=${v.id}`} icon="headset" title={w.problem} />
				</Lines>
			</section>
			{done && <Questions d={d} reload={reload} />}
		</div>
	);
}

/** Questions to the doctor, for 72 hours, and a side effect at any time. */
function Questions({ d, reload }: { d: Loaded; reload: () => Promise<void> }) {
	const w = words().visit;
	const kind = useSignal<"" | "question" | "side">("");
	const text = useSignal("");
	const send = useAct(async (key) => {
		const path = { id: d.visit.id };
		if (kind.value === "side") await call("POST /visits/{id}/side-effects", { key, path, body: { text: text.value.trim() } });
		else await call("POST /visits/{id}/questions", { key, path, body: { text: text.value.trim() } });
		kind.value = "";
		text.value = "";
		await reload();
	});
	const until = Date.parse(d.visit.ended_at ?? d.visit.created_at) + threeDays;
	const may = Date.now() < until;
	return (
		<section class="stack">
			<h2>{w.questions}</h2>
			{d.thread.map((t) => (
				<div key={t.id} class={`say ${t.role === "doctor" ? "" : "own"}`}>
					<b>{t.role === "doctor" ? d.doctor || w.doctor : w.youAsked}</b> <span class="sub num">{when(t.at)}</span>
					<p class="pre">{t.text}</p>
				</div>
			))}
			<div class="acts even">
				{may && (
					<Btn icon="message-square" onPress={() => (kind.value = "question")} test="ask">
						{w.ask}
					</Btn>
				)}
				<Btn icon="circle-alert" onPress={() => (kind.value = "side")} test="side-effect">
					{w.side}
				</Btn>
			</div>
			<Sheet title={kind.value === "side" ? w.side : w.ask} open={kind.value !== ""} onClose={() => (kind.value = "")}>
				<form
					class="stack-l"
					onSubmit={(e) => {
						e.preventDefault();
						if (text.value.trim()) void send();
					}}
				>
					<Area label={kind.value === "side" ? w.side : w.ask} hint={kind.value === "side" ? w.sideHint : w.askHint(when(until))} value={text.value} onType={(v) => (text.value = v)} max={4000} />
					<Trouble problem={send.problem} />
					<Btn kind="main" wide submit busy={send.busy}>
						{w.send}
					</Btn>
				</form>
			</Sheet>
		</section>
	);
}

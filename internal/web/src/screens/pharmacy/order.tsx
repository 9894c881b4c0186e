import { useSignal } from "@preact/signals";

import type { FillSheetView, FillView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { type Live, useLive } from "../../client/live";
import { Btn, Go } from "../../parts/button";
import { Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { date, inTongue, slot, when } from "../../words/say";
import { Budget } from "./budget";
import { HandOver, TakeBack } from "./handover";
import { medicine } from "../../words/medicine";
import { Pack } from "./pack";
import { short } from "./place";
import { Review } from "./review";
import { words } from "./words";

/** What was loaded of a fill: the sheet once it is in hand, else the fill alone. */
export interface Work {
	fill: FillView;
	sheet?: FillSheetView;
}

/** OrderScreen is one order at the counter, from taking it in hand to handing it over. */
export default function OrderScreen({ id }: { id: string }) {
	return <Order id={id} />;
}

export function Order({ id, beside }: { id: string; beside?: boolean }) {
	const w = words();
	const work = useLive<Work>(`no-keep fill ${id}`, () => load(id));
	return (
		<Page title={w.work} of={work} plain {...(beside ? { middle: "" } : { up: "/p" })}>
			{(now) => <Stage work={work} now={now} />}
		</Page>
	);
}

async function load(id: string): Promise<Work> {
	const fill = await call("GET /fills/{id}", { path: { id } });
	if (!["reviewing", "preparing", "ready"].includes(fill.state)) return { fill };
	const sheet = await call("GET /fills/{id}/sheet", { path: { id } });
	return { fill: sheet.fill, sheet };
}

function Stage({ work, now }: { work: Live<Work>; now: Work }) {
	const w = words();
	const { fill, sheet } = now;
	const put = (f: FillView) => {
		work.put({ ...now, fill: f });
		void work.reload();
	};
	return (
		<div class="stack-l" data-test={`fill-${fill.state}`}>
			<Head>{sheet?.patient_name ?? w.title(short(fill.order))}</Head>
			<p class="sub num">
				{[short(fill.order), sheet?.born_on && w.born(date(sheet.born_on)), fill.slot ? w.slot(slot(fill.slot.from, fill.slot.until)) : w.how[fill.fulfilment]].filter(Boolean).join(" · ")}
			</p>
			{fill.deadline && <Budget of={{ deadline: fill.deadline, state: fill.state as "offered", ...(fill.slot ? { slot: fill.slot } : {}), ...(fill.paused ? { owes: fill.paused.owes } : {}) }} />}
			{fill.paused && <Notice kind="lamp" live test="paused">{w.waiting[fill.paused.owes]}</Notice>}
			{sheet && <p class="sub">{w.signed(sheet.doctor_name ?? "", when(sheet.signed_at))}</p>}
			<What fill={fill} {...(sheet ? { sheet } : {})} />
			<Questions fill={fill} />
			<Body fill={fill} {...(sheet ? { sheet } : {})} put={put} />
			<Trouble problem={work.problem} />
			<Go wide icon="message-square" to={`/p/talk/${fill.order}`}>
				{w.talk}
			</Go>
		</div>
	);
}

function Body({ fill, sheet, put }: { fill: FillView; sheet?: FillSheetView; put: (f: FillView) => void }) {
	const w = words();
	switch (fill.state) {
		case "offered":
			return <Begin fill={fill} put={put} />;
		case "reviewing":
			return sheet ? <Review fill={fill} sheet={sheet} put={put} /> : null;
		case "preparing":
			return <Pack fill={fill} put={put} />;
		case "ready":
			return <HandOver fill={fill} put={put} />;
		case "collected":
			return <Collected fill={fill} put={put} />;
		case "returned":
			return <Dispose fill={fill} put={put} />;
		default:
			return (
				<Notice>
					<b>{w.stage[fill.state]}</b>
					{fill.reason && w.reasonGiven((w.reasons as Record<string, string>)[fill.reason] ?? fill.reason)}
				</Notice>
			);
	}
}

function Begin({ fill, put }: { fill: FillView; put: (f: FillView) => void }) {
	const w = words();
	const begin = useAct(async (key) => put((await call("POST /fills/{id}/review", { key, path: { id: fill.id } })).fill));
	return (
		<div class="stack">
			<p class="sub">{w.beginHint}</p>
			<Trouble problem={begin.problem} />
			<Btn kind="main" wide icon="shield-check" busy={begin.busy} onPress={() => void begin()} test="review">
				{w.begin}
			</Btn>
		</div>
	);
}

function What({ fill, sheet }: { fill: FillView; sheet?: FillSheetView }) {
	const w = words();
	return (
		<Lines label={w.medicines(fill.lines.length)}>
			{fill.lines.map((l, n) => (
				<Line key={l.product} icon="pill" title={`${medicine(l.product)} × ${l.units}`} sub={[sheet?.lines[n] && inTongue(sheet.lines[n].dosage, sheet.lines[n].dosage_zh), sheet?.lines[n]?.no_substitute && w.forbidden].filter(Boolean).join(" · ")} />
			))}
		</Lines>
	);
}

function Questions({ fill }: { fill: FillView }) {
	const w = words();
	const done = fill.questions.filter((q) => q.answer);
	if (done.length === 0) return null;
	return (
		<div class="stack">
			{done.map((q) => (
				<Notice key={q.id} kind={q.answer === "declined" || q.answer === "withdrawn" ? "warn" : "info"}>
					<b>{q.answer && w.answers[q.answer]}</b>
					{q.text && <p class="break">{q.text}</p>}
					{q.answer_text && <p class="break">{q.answer_text}</p>}
				</Notice>
			))}
		</div>
	);
}

function Collected({ fill, put }: { fill: FillView; put: (f: FillView) => void }) {
	const w = words();
	const arrived = useAct(async (key) => put(await call("POST /fills/{id}/parcel-delivered", { key, path: { id: fill.id } })));
	if (fill.fulfilment === "courier") return <TakeBack fill={fill} put={put} />;
	if (fill.fulfilment !== "parcel") return <Notice kind="ok">{w.done}</Notice>;
	return (
		<div class="stack">
			<Notice kind="ok">{w.shipped(fill.carrier ?? "", fill.tracking ?? "")}</Notice>
			{!fill.delivered_at && (
				<>
					<Trouble problem={arrived.problem} />
					<Btn wide busy={arrived.busy} onPress={() => void arrived()}>
						{w.arrived}
					</Btn>
				</>
			)}
		</div>
	);
}

function Dispose({ fill, put }: { fill: FillView; put: (f: FillView) => void }) {
	const w = words();
	const chosen = useSignal("");
	const dispose = useAct(async (key, disposition: "restock" | "destroy") => {
		chosen.value = disposition;
		put(await call("POST /fills/{id}/dispose", { key, path: { id: fill.id }, body: { disposition } }));
	});
	if (fill.disposition) return <Notice kind="ok">{w[fill.disposition]}</Notice>;
	return (
		<div class="stack">
			<h2>{w.dispose}</h2>
			<Trouble problem={dispose.problem} />
			<div class="acts even">
				<Btn busy={dispose.busy} onPress={() => void dispose("restock")} test="restock">
					{w.restock}
				</Btn>
				<Btn kind="stop" busy={dispose.busy} onPress={() => void dispose("destroy")} test="destroy">
					{w.destroy}
				</Btn>
			</div>
		</div>
	);
}

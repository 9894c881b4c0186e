import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { DiagnosisCode, NoteView, SaveNoteInBody, VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { keep } from "../../client/keep";
import { Btn, IconBtn } from "../../parts/button";
import { Area, Field, Pick } from "../../parts/field";
import { Trouble } from "../../parts/notice";
import { inTongue, time, when } from "../../words/say";
import { words } from "./words";

const sections = ["subjective", "objective", "assessment", "plan"] as const;
const quiet = 800; // a note is saved when nothing was typed for so long

const open = new Map<string, () => Promise<void>>();

/** saveNotes sends what was typed a moment ago: a completed visit's note takes nothing more. */
export async function saveNotes(visit: string): Promise<void> {
	await open.get(visit)?.();
}

/** Notes save themselves as they are typed; what could not be sent stays on the device until it can. */
export function Notes({ visit }: { visit: VisitView }) {
	const w = words();
	const note = useSignal<NoteView | undefined>(undefined);
	const tag = useRef("");
	const mine = useRef<SaveNoteInBody>({});
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	const state = useSignal<{ saved: number; busy: boolean; problem: unknown }>({ saved: 0, busy: false, problem: undefined });
	const draft = `note ${visit.id}`;

	useEffect(() => {
		void (async () => {
			try {
				const v = await versioned("GET /visits/{id}/note", { path: { id: visit.id } });
				tag.current = v.tag;
				const left = await keep.read<SaveNoteInBody>("draft", draft);
				note.value = { ...v.body, ...(left as Partial<NoteView> | undefined) };
				if (left) change(left);
			} catch (problem) {
				state.value = { ...state.value, problem };
			}
		})();
		open.set(visit.id, () => now.current());
		return () => {
			open.delete(visit.id);
			clearTimeout(timer.current);
			void send();
		};
	}, [visit.id, visit.state === "completed"]);

	const sending = useRef<Promise<void> | undefined>(undefined);
	const send = async (): Promise<void> => {
		if (!state.value.busy) sending.current = sent();
		await sending.current;
	};
	const sent = async () => {
		const body = mine.current;
		if (Object.keys(body).length === 0) return;
		mine.current = {};
		state.value = { ...state.value, busy: true };
		try {
			const v = await versioned("PATCH /visits/{id}/note", { path: { id: visit.id }, match: tag.current || "*", body });
			tag.current = v.tag;
			if (Object.keys(mine.current).length === 0) await keep.remove("draft", draft);
			state.value = { saved: Date.now(), busy: false, problem: undefined };
		} catch (problem) {
			mine.current = { ...body, ...mine.current };
			state.value = { ...state.value, busy: false, problem };
		}
		if (Object.keys(mine.current).length > 0) timer.current = setTimeout(() => void send(), 5000);
	};
	const now = useRef(send);
	now.current = async () => {
		clearTimeout(timer.current);
		await sending.current;
		await send();
		if (Object.keys(mine.current).length > 0) throw state.value.problem;
	};
	const change = (more: SaveNoteInBody) => {
		mine.current = { ...mine.current, ...more };
		if (note.value) note.value = { ...note.value, ...(more as Partial<NoteView>) };
		void keep.write("draft", draft, mine.current);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => void send(), quiet);
	};
	const n = note.value;
	if (!n) return <Trouble problem={state.value.problem} />;
	if (n.sealed_at) return <Sealed note={n} visit={visit} put={(v) => (note.value = v)} />;
	return (
		<div class="stack-l">
			<p class="saved" role="status">
				{state.value.busy ? w.saving : state.value.saved ? w.saved(time(state.value.saved)) : ""}
			</p>
			<Trouble problem={state.value.problem} again={() => void send()} />
			{sections.map((s) => (
				<Area key={s} label={w.note[s]} rows={2} value={n[s]} onType={(v) => change({ [s]: v })} max={8000} test={`note-${s}`} />
			))}
			<Diagnoses note={n} change={change} />
			<Area label={w.summary} hint={w.summaryHint} rows={3} value={n.summary} onType={(summary) => change({ summary })} max={4000} test="summary" />
			<details>
				<summary>{w.sick}</summary>
				<div class="batch">
					<Field label={w.sickFrom} type="date" value={n.sick_note?.from ?? ""} onType={(from) => change({ sick_note: { ...(n.sick_note ?? { until: from }), from } })} />
					<Field label={w.sickUntil} type="date" value={n.sick_note?.until ?? ""} onType={(until) => change({ sick_note: { ...(n.sick_note ?? { from: until }), until } })} />
				</div>
			</details>
			<details>
				<summary>{w.referral}</summary>
				<div class="stack">
					<Field label={w.referTo} value={n.referral?.to ?? ""} onType={(to) => change({ referral: { ...(n.referral ?? { urgency: "routine" }), to } })} />
					<Pick label={w.urgency} value={n.referral?.urgency ?? "routine"} of={(["routine", "soon", "urgent"] as const).map((k) => [k, w.urgencies[k]] as const)} onPick={(urgency) => change({ referral: { ...(n.referral ?? { to: "" }), urgency } })} />
				</div>
			</details>
		</div>
	);
}

function Diagnoses({ note, change }: { note: NoteView; change: (m: SaveNoteInBody) => void }) {
	const w = words();
	const typed = useSignal("");
	const hits = useSignal<DiagnosisCode[]>([]);
	useEffect(() => {
		if (typed.value.trim().length < 2) {
			hits.value = [];
			return;
		}
		const soon = setTimeout(() => void call("GET /diagnoses", { query: { q: typed.value } }).then((r) => (hits.value = r.items.slice(0, 8)), () => {}), 150);
		return () => clearTimeout(soon);
	}, [typed.value]);
	return (
		<div class="stack">
			<Field label={w.diagnoses} hint={w.findDiagnosis} type="search" value={typed.value} onType={(v) => (typed.value = v)} test="diagnosis" />
			{hits.value.length > 0 && (
				<ul class="hits">
					{hits.value.map((d) => (
						<li key={d.code}>
							<button
								type="button"
								onClick={() => {
									change({ diagnoses: [...note.diagnoses.filter((x) => x.code !== d.code), { code: d.code, title: d.title, ...(d.title_zh ? { title_zh: d.title_zh } : {}) }] });
									typed.value = "";
								}}
								data-test={`icd-${d.code}`}
							>
								<b class="num">{d.code}</b> {inTongue(d.title, d.title_zh)}
							</button>
						</li>
					))}
				</ul>
			)}
			{note.diagnoses.map((d) => (
				<p key={d.code} class="chip">
					<b>{d.code}</b> {d.title ? inTongue(d.title, d.title_zh) : d.words}
					<IconBtn icon="x" label={w.remove} onPress={() => change({ diagnoses: note.diagnoses.filter((x) => x !== d) })} />
				</p>
			))}
		</div>
	);
}

/** Sealed is the note of a completed visit: never edited, only added to. */
function Sealed({ note, visit, put }: { note: NoteView; visit: VisitView; put: (n: NoteView) => void }) {
	const w = words();
	const typed = useSignal("");
	const add = useAct(async (key) => {
		put(await call("POST /visits/{id}/note/addenda", { key, path: { id: visit.id }, body: { words: typed.value.trim() } }));
		typed.value = "";
	});
	return (
		<div class="stack-l">
			{sections.map((s) => note[s] && (
				<section key={s}>
					<h3>{w.note[s]}</h3>
					<p class="break">{note[s]}</p>
				</section>
			))}
			<section>
				<h3>{w.diagnoses}</h3>
				{note.diagnoses.map((d) => (
					<p key={d.code}>
						<b>{d.code}</b> {d.title ? inTongue(d.title, d.title_zh) : d.words}
					</p>
				))}
			</section>
			<section>
				<h3>{w.summary}</h3>
				<p class="break">{note.summary}</p>
			</section>
			{note.addenda.map((a) => (
				<section key={a.at} class="card">
					<p class="sub num">{when(a.at)}</p>
					<p class="break">{a.words}</p>
				</section>
			))}
			<Area label={w.addendum} hint={w.addendumHint} value={typed.value} onType={(v) => (typed.value = v)} max={4000} />
			<Trouble problem={add.problem} />
			<Btn wide busy={add.busy} off={!typed.value.trim()} onPress={() => void add()}>
				{w.add}
			</Btn>
		</div>
	);
}

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { FavouritesView, ItemText, MedicineView, ProductView, VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn, IconBtn } from "../../parts/button";
import { Field, Tick } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Trouble } from "../../parts/notice";
import { language } from "../../words/words";
import { medicine } from "../../words/medicine";
import { type Read, readLine } from "./dosage";
import { Finding } from "./finding";
import { emptyScript, findingsBeside, findingsOf, from, type Script, standing, text } from "./script";
import { Signed } from "./signed";
import { Signing } from "./signing";
import { words } from "./words";

/** Prescribe: search, one dosage line, the sentence it makes, findings beside what they are about, and signing. */
export function Prescribe({ visit }: { visit: VisitView }) {
	const w = words();
	const script = useSignal<Script>(emptyScript);
	const chosen = useSignal<{ product: ProductView; inn: string; line: string } | undefined>(undefined);
	const signing = useSignal(false);
	const search = useRef<HTMLDivElement>(null);
	const all = useLive(`no-keep prescriptions ${visit.id}`, () => call("GET /visits/{id}/prescriptions", { path: { id: visit.id } }), (e) => e.kind.startsWith("rx."));
	const draft = all.data?.items.find((p) => p.state === "draft");
	useEffect(() => {
		if (!draft?.id || script.value.id) return;
		void versioned("GET /prescriptions/{id}", { path: { id: draft.id } }).then((v) => (script.value = from(v.body, v.tag)));
	}, [draft?.id]);
	const save = useAct(async (key, next: Script) => {
		script.value = { ...next, view: script.value.view } as Script;
		if (next.items.length === 0) {
			if (next.id) await call("POST /prescriptions/{id}/cancel", { key, path: { id: next.id }, body: { reason: "emptied" } });
			script.value = emptyScript;
			return;
		}
		const v = next.id ? await versioned("PUT /prescriptions/{id}", { path: { id: next.id }, match: next.tag || "*", body: text(next) }) : await versioned("POST /visits/{id}/prescriptions", { key, path: { id: visit.id }, body: text(next) });
		script.value = from(v.body, v.tag);
	});
	const focus = () => search.current?.querySelector("input")?.focus();
	useEffect(focus, []);
	const add = (item: ItemText) => {
		chosen.value = undefined;
		const s = script.value;
		void save({ ...s, items: [...s.items.filter((i) => i.product !== item.product), item] }).then(focus);
	};
	const s = script.value;
	const open = standing(s);
	const ready = s.items.length > 0 && open.stops === 0 && open.unreasoned === 0 && !save.busy && !save.problem;
	useEffect(() => {
		const hear = (e: KeyboardEvent) => {
			if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && ready) signing.value = true;
			if (e.altKey && e.key.toLowerCase() === "r") document.querySelector<HTMLElement>('[data-test="finding-warning"] [role="group"]:not(:has([aria-pressed="true"])) button')?.focus();
		};
		document.addEventListener("keydown", hear);
		return () => document.removeEventListener("keydown", hear);
	}, [ready]);
	const signed = (all.data?.items ?? []).filter((p) => p.state !== "draft" && p.signed_at); // an emptied draft was never a prescription
	return (
		<div class="stack-l">
			{visit.state === "in_progress" && (
				<>
					<div ref={search}>
						<Search visit={visit} onPick={(product, inn) => (chosen.value = { product, inn, line: "" })} onFavourite={add} empty={s.items.length === 0} />
					</div>
					{chosen.value && <Dosing key={chosen.value.product.code} of={chosen.value.product} visit={visit} onAdd={add} onLeave={() => (chosen.value = undefined)} />}
					<Trouble problem={save.problem} />
					{s.items.length === 0 && !chosen.value && <p class="sub">{w.empty}</p>}
					<ol class="script">
						{(s.view?.items ?? []).map((item, n) => (
							<li key={item.product} data-test={`item-${n}`}>
								<div class="drug">
									<b>{medicine(item.product)}</b>
									<IconBtn icon="x" label={`${w.remove}: ${medicine(item.product)}`} onPress={() => void save({ ...s, items: s.items.filter((_, m) => m !== n) })} test={`remove-${n}`} />
								</div>
								<p>{language.value === "zh" ? item.sentence.zh : item.sentence.en}</p>
								<p class="sub num">{language.value === "zh" ? item.quantity.text.zh : item.quantity.text.en}</p>
								{findingsOf(s.view, item.inn).map((f) => (
									<Finding key={f.id} of={f} reason={s.reasons.find((r) => r.finding === f.id)} onReason={(r) => void save({ ...s, reasons: [...s.reasons.filter((x) => x.finding !== f.id), r] })} />
								))}
								<Tick on={item.no_substitution} onPick={(on) => void save({ ...s, items: s.items.map((i, m) => (m === n ? { ...i, no_substitution: on } : i)) })}>
									{w.noSubstitute}
								</Tick>
							</li>
						))}
					</ol>
					{findingsBeside(s.view).map((f) => (
						<Finding key={f.id} of={f} reason={s.reasons.find((r) => r.finding === f.id)} onReason={(r) => void save({ ...s, reasons: [...s.reasons.filter((x) => x.finding !== f.id), r] })} />
					))}
					{s.items.length > 0 && (
						<div class="stack signbox">
							<p class="signfoot num" role="status">
								<span>{w.items(s.items.length, (s.view?.findings ?? []).length)}</span>
								{[open.stops > 0 && w.stopped(open.stops), open.unreasoned > 0 && w.serious(open.unreasoned)].filter(Boolean).join(" · ")}
							</p>
							<Btn kind="main" wide icon="signature" keycap="Ctrl Enter" off={!ready} onPress={() => (signing.value = true)} test="review-sign">
								{w.review}
							</Btn>
						</div>
					)}
					{signing.value && s.id && (
						<Signing
							id={s.id}
							onClose={() => (signing.value = false)}
							onSigned={() => {
								signing.value = false;
								script.value = emptyScript;
								void all.reload();
							}}
						/>
					)}
				</>
			)}
			{signed.map((p) => (
				<Signed key={p.id} of={p} reload={all.reload} />
			))}
			<Trouble problem={all.problem} />
		</div>
	);
}

/** Search finds medicines as one types; arrows and Enter choose, figures take favourites while it is empty. */
function Search({ onPick, onFavourite, empty }: { visit: VisitView; onPick: (p: ProductView, inn: string) => void; onFavourite: (i: ItemText) => void; empty: boolean }) {
	const w = words();
	const typed = useSignal("");
	const hits = useSignal<MedicineView[] | undefined>(undefined);
	const at = useSignal(0);
	// "amox 500" is a name and a strength: names are searched, the strength chooses among what was found.
	const [, name = "", strength] = /^(.*?)(?:\s+(\d[\d.,]*)\s*[a-z]*)?\s*$/i.exec(typed.value) ?? [];
	const favourites = useLive<FavouritesView>("favourites", () => call("GET /favourites"), () => false);
	useEffect(() => {
		at.value = 0;
		if (!typed.value.trim()) {
			hits.value = undefined;
			return;
		}
		const soon = setTimeout(() => void call("GET /formulary", { query: { q: name, limit: 8 } }).then((r) => (hits.value = r.items), () => {}), 80);
		return () => clearTimeout(soon);
	}, [typed.value]);
	const lines = (hits.value ?? []).flatMap((m) => m.products.filter((p) => !strength || (p.strength ?? "").includes(strength)).map((p) => ({ m, p }))).slice(0, 10);
	const list = favourites.data?.list ?? [];
	const pick = (n: number) => {
		const line = lines[n];
		if (!line || line.m.remote === "blocked") return;
		onPick(line.p, line.m.inn);
		typed.value = "";
	};
	return (
		<div
			onKeyDown={(e) => {
				if (e.key === "ArrowDown") at.value = Math.min(lines.length - 1, at.value + 1);
				else if (e.key === "ArrowUp") at.value = Math.max(0, at.value - 1);
				else if (e.key === "Enter" && lines.length > 0) pick(at.value);
				else if (!typed.value && /^[1-9]$/.test(e.key) && list[Number(e.key) - 1]) {
					const f = list[Number(e.key) - 1];
					if (f) onFavourite({ product: f.product, steps: f.steps });
				} else return;
				e.preventDefault();
			}}
		>
			<Field label={w.search} placeholder={w.searchPlace} type="search" value={typed.value} onType={(v) => (typed.value = v)} autocomplete="off" test="find-medicine" />
			{lines.length > 0 && (
				<ul class="hits" role="listbox" aria-label={w.search}>
					{lines.map(({ m, p }, n) => (
						<li key={p.code} role="option" aria-selected={n === at.value}>
							<button type="button" onClick={() => pick(n)} aria-disabled={m.remote === "blocked"} data-test={`hit-${p.code}`}>
								<span>
									{language.value === "zh" ? (
										<b>{medicine(p.code)}</b>
									) : (
										<>
											<b>{m.inn}</b> {p.strength} {p.form}
										</>
									)}
								</span>
								{m.remote === "blocked" && (
									<span class="sub stop">
										<Icon name="octagon-x" /> {w.blocked}
									</span>
								)}
								{m.remote === "care" && <span class="sub">{w.careful}</span>}
							</button>
						</li>
					))}
				</ul>
			)}
			{hits.value?.length === 0 && <p class="sub">{w.nothingFound}</p>}
			{!typed.value && list.length > 0 && empty && (
				<ul class="hits" aria-label={w.favourites}>
					{list.slice(0, 9).map((f, n) => (
						<li key={f.name}>
							<button type="button" onClick={() => onFavourite({ product: f.product, steps: f.steps })}>
								<kbd class="kbd">{n + 1}</kbd> {f.name}
							</button>
						</li>
					))}
				</ul>
			)}
		</div>
	);
}

/** Dosing is the one line, and the sentence that the server makes of it while it is typed. */
function Dosing({ of: p, visit, onAdd, onLeave }: { of: ProductView; visit: VisitView; onAdd: (i: ItemText) => void; onLeave: () => void }) {
	const w = words();
	const line = useSignal("");
	const said = useSignal<{ sentence: string; findings: import("../../api.gen").SafetyFinding[]; problem: unknown }>({ sentence: "", findings: [], problem: undefined });
	const box = useRef<HTMLDivElement>(null);
	const table = useLive("dose words", () => call("GET /formulary/words"), () => false);
	const reasons = (table.data?.words["reason"] ?? []).map((r) => r.code);
	const read: Read = readLine(line.value, p.dose_unit, reasons);
	useEffect(() => box.current?.querySelector("input")?.focus(), []);
	useEffect(() => {
		if ("wrong" in read) {
			said.value = { sentence: "", findings: [], problem: undefined };
			return;
		}
		const soon = setTimeout(async () => {
			try {
				const v = await call("POST /visits/{id}/prescriptions/preview", { path: { id: visit.id }, body: { items: [{ product: p.code, steps: [read.dosage] }] } });
				const item = v.items[0];
				said.value = { sentence: item ? `${language.value === "zh" ? item.sentence.zh : item.sentence.en} ${language.value === "zh" ? item.quantity.text.zh : item.quantity.text.en}` : "", findings: v.findings ?? [], problem: undefined };
			} catch (problem) {
				said.value = { sentence: "", findings: [], problem };
			}
		}, 150);
		return () => clearTimeout(soon);
	}, [line.value, reasons.length]);
	const add = () => {
		if (!("wrong" in read) && said.value.sentence) onAdd({ product: p.code, steps: [read.dosage] });
	};
	return (
		<div class="card stack" ref={box}>
			<b>{medicine(p.code)}</b>
			<form
				class="stack"
				onSubmit={(e) => {
					e.preventDefault();
					add();
				}}
				onKeyDown={(e) => e.key === "Escape" && onLeave()}
			>
				<Field label={w.dosage} hint={w.dosageHint} value={line.value} onType={(v) => (line.value = v)} autocomplete="off" said={line.value && "wrong" in read && read.wrong ? w.notUnderstood(read.wrong) : ""} test="dosage" />
				<p role="status" data-test="sentence">
					{said.value.sentence}
				</p>
				{said.value.findings.map((f) => (
					<Finding key={f.id} of={f} />
				))}
				<Trouble problem={said.value.problem} />
				<Btn kind="main" submit off={!said.value.sentence} test="add-item">
					{w.put}
				</Btn>
			</form>
		</div>
	);
}

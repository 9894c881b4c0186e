import { useSignal } from "@preact/signals";

import type { IntakeHealth, IntakeVital } from "../../api.gen";
import { fieldSaid } from "../../client/problem";
import { Btn, IconBtn } from "../../parts/button";
import { Area, Field, Options, Said } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Head } from "../../parts/page";
import { age } from "../../words/say";
import { language } from "../../words/words";
import type { Answers } from "./intake-steps";
import { words } from "./intake-words";

/** A red flag is asked with yes and no, one a step. */
export function QuestionStep({ intake, draft, question, tried, next }: Answers & { question: string }) {
	const w = words().question;
	const q = intake.questions.find((x) => x.id === question);
	if (!q) return null;
	const text = language.value === "zh" ? q.text.zh : q.text.en;
	return (
		<>
			<Head>{text}</Head>
			<p class="hint">{w.hint}</p>
			<section>
				<Options
					legend={text}
					hideLegend
					one
					value={q.answer}
					onPick={(answer) => {
						draft.type({ answers: { [question]: answer } });
						void draft.flush().then(() => answer === "no" && next());
					}}
					of={[
						{ value: "no" as const, text: w.no },
						{ value: "yes" as const, text: w.yes },
					]}
					said={tried && !q.answer ? w.hint : ""}
					test="answer"
				/>
			</section>
		</>
	);
}

type Vitals = IntakeVital[];
const put = (list: Vitals, kind: IntakeVital["kind"], value: string, unit: string): Vitals => [...list.filter((v) => v.kind !== kind), ...(value.trim() ? [{ kind, value: value.trim().replace(",", "."), unit }] : [])];
const read = (list: Vitals, kind: IntakeVital["kind"]) => list.find((v) => v.kind === kind)?.value ?? "";

export function TemperatureStep({ intake, draft, next }: Answers) {
	const w = words().temperature;
	const value = read(intake.vitals, "temperature");
	const set = (v: string) => draft.type({ vitals: put(intake.vitals, "temperature", v, "Cel") });
	const by = (d: number) => set((Math.max(30, Math.min(44, (Number(value) || 37) + d))).toFixed(1));
	return (
		<>
			<Head>{w.title}</Head>
			<p class="hint">{w.hint}</p>
			<div class="meter">
				<button type="button" aria-label={w.less} onClick={() => by(-0.1)} data-test="less">
					<Icon name="minus" />
				</button>
				<p class="num">
					<input aria-label={w.label} inputMode="decimal" value={value} placeholder="37.0" maxLength={4} onInput={(e) => set(e.currentTarget.value)} data-test="temperature" />
					<small>°C</small>
				</p>
				<button type="button" aria-label={w.more} onClick={() => by(0.1)} data-test="more">
					<Icon name="plus" />
				</button>
			</div>
			<Said text={fieldSaid(draft.state.value.problem, "value")} />
			<section>
				<Options
					legend={w.where}
					value={intake.symptoms?.["temperature site"] as "ear" | undefined}
					onPick={(site) => draft.type({ symptoms: { "temperature site": site } })}
					of={(["ear", "arm", "mouth", "forehead"] as const).map((v) => ({ value: v, text: w[v] }))}
				/>
			</section>
			<Btn
				kind="bare"
				onPress={() => {
					set("");
					next();
				}}
				test="no-thermometer"
			>
				{w.none}
			</Btn>
		</>
	);
}

export function VitalsStep({ intake, draft }: Answers) {
	const w = words().vitals;
	const field = (label: string, kind: IntakeVital["kind"], unit: string) => {
		const at = intake.vitals.findIndex((v) => v.kind === kind);
		return <Field label={label} inputmode="decimal" value={read(intake.vitals, kind)} onType={(v) => draft.type({ vitals: put(intake.vitals, kind, v, unit) })} onLeave={() => void draft.flush()} max={6} said={at < 0 ? "" : fieldSaid(draft.state.value.problem, `vitals/${at}/value`)} test={kind} />;
	};
	return (
		<>
			<Head>{w.title}</Head>
			<p class="hint">{w.hint}</p>
			<section class="stack-l">
				{field(w.pulse, "heart_rate", "/min")}
				{field(w.oxygen, "oxygen_saturation", "%")}
				{field(w.high, "systolic", "mm[Hg]")}
				{field(w.low, "diastolic", "mm[Hg]")}
				{field(w.glucose, "glucose", "mmol/L")}
			</section>
		</>
	);
}

type None = "allergy" | "medicine" | "condition";

/** A list of things in the person's words, or the word that there are none. */
function NameList({ a, none, title, hint, label, names, put: save, extra }: { a: Answers; none: None; title: string; hint: string; label: string; names: string[]; put: (names: string[]) => Partial<IntakeHealth>; extra?: (n: number) => preact.ComponentChildren }) {
	const w = words();
	const typed = useSignal("");
	const h = a.intake.health;
	const said = h.none?.includes(none) ?? false;
	const store = (list: string[], isNone: boolean) => {
		const others = (h.none ?? []).filter((x) => x !== none);
		a.draft.type({ health: { ...save(list), none: isNone ? [...others, none] : others } as IntakeHealth });
	};
	const add = () => {
		const name = typed.value.trim();
		if (!name) return;
		store([...names, name.slice(0, 200)], false);
		typed.value = "";
	};
	return (
		<>
			<Head>{title}</Head>
			<p class="hint">{hint}</p>
			<section class="stack-l">
				{names.length > 0 && (
					<ul class="rows">
						{names.map((name, n) => (
							<li key={`${name}${n}`}>
								<span class="stretch">
									<b>{name}</b>
									{extra?.(n)}
								</span>
								<span class="end">
									<IconBtn icon="x" label={w.remove(name)} onPress={() => store(names.filter((_, m) => m !== n), false)} />
								</span>
							</li>
						))}
					</ul>
				)}
				<form
					class="addline"
					onSubmit={(e) => {
						e.preventDefault();
						add();
					}}
				>
					<Field label={label} value={typed.value} onType={(v) => (typed.value = v)} onLeave={add} max={200} test={`${none}-name`} />
					<Btn submit icon="plus" test={`${none}-add`}>
						{w.add}
					</Btn>
				</form>
				{names.length === 0 && (
					<Options legend={title} hideLegend many one value={said ? ["none"] : []} onPick={(v) => store([], v.length > 0)} of={[{ value: "none", text: w.none }]} test={`${none}-none`} />
				)}
			</section>
		</>
	);
}

export function AllergyStep(a: Answers) {
	const w = words().allergies;
	const list = a.intake.health.allergies ?? [];
	return (
		<NameList
			a={a}
			none="allergy"
			title={w.title}
			hint={w.hint}
			label={w.label}
			names={list.map((x) => x.words ?? x.code ?? "")}
			put={(names) => ({ allergies: names.map((name) => list.find((x) => (x.words ?? x.code) === name) ?? { words: name, reaction: "unknown" as const }) })}
			extra={(n) => (
				<select
					class="inline"
					aria-label={w.reaction}
					value={list[n]?.reaction ?? "unknown"}
					onChange={(e) => a.draft.type({ health: { allergies: list.map((x, m) => (m === n ? { ...x, reaction: e.currentTarget.value as "unknown" } : x)) } })}
				>
					{(["unknown", "non_severe", "immediate", "severe_delayed", "anaphylaxis"] as const).map((r) => (
						<option key={r} value={r}>
							{w.reactions[r]}
						</option>
					))}
				</select>
			)}
		/>
	);
}

export function MedicineStep(a: Answers) {
	const w = words().medicines;
	const list = a.intake.health.medicines ?? [];
	return <NameList a={a} none="medicine" title={w.title} hint={w.hint} label={w.label} names={list.map((x) => x.words ?? x.code ?? "")} put={(names) => ({ medicines: names.map((name) => list.find((x) => (x.words ?? x.code) === name) ?? { words: name }) })} />;
}

export function ConditionStep(a: Answers) {
	const w = words().conditions;
	const list = a.intake.health.conditions ?? [];
	return <NameList a={a} none="condition" title={w.title} hint={w.hint} label={w.label} names={list.map((x) => x.words ?? x.code ?? "")} put={(names) => ({ conditions: names.map((name) => list.find((x) => (x.words ?? x.code) === name) ?? { words: name }) })} />;
}

export function PregnancyStep({ intake, draft }: Answers) {
	const w = words().pregnancy;
	const h = intake.health;
	return (
		<>
			<Head>{w.title}</Head>
			<section class="stack-l">
				<Options legend={w.pregnant} value={h.pregnancy} onPick={(pregnancy) => draft.type({ health: pregnancy === "yes" ? { pregnancy } : { pregnancy, weeks: "" } })} of={(["no", "yes", "unsure", "postpartum"] as const).map((v) => ({ value: v, text: w[v] }))} test="pregnancy" />
				{h.pregnancy === "yes" && <Field label={w.weeks} inputmode="numeric" value={h.weeks ?? ""} onType={(weeks) => draft.type({ health: { weeks } })} max={2} said={fieldSaid(draft.state.value.problem, "weeks")} />}
				<Options legend={w.feeding} value={h.lactation} onPick={(lactation) => draft.type({ health: { lactation } })} of={(["no", "yes"] as const).map((v) => ({ value: v, text: w[v] }))} test="lactation" />
			</section>
		</>
	);
}

export function BodyStep({ intake, draft, known }: Answers) {
	const w = words().body;
	const h = intake.health;
	const child = known?.person ? age(known.person.birth_date) < 18 : false;
	const said = (name: string) => fieldSaid(draft.state.value.problem, name);
	return (
		<>
			<Head>{w.title}</Head>
			<p class="hint">{w.hint}</p>
			<section class="stack-l">
				<Field label={child ? w.weightChild : w.weight} inputmode="decimal" value={h.weight_kg ?? ""} onType={(weight_kg) => draft.type({ health: { weight_kg } })} said={said("weight_kg")} max={6} test="weight" />
				<Field label={w.height} inputmode="decimal" value={h.height_cm ?? ""} onType={(height_cm) => draft.type({ health: { height_cm } })} said={said("height_cm")} max={5} />
				<Field label={w.egfr} inputmode="decimal" value={h.egfr ?? ""} onType={(egfr) => draft.type({ health: { egfr } })} said={said("egfr")} max={5} />
				<Options
					legend={w.liver}
					value={(h.liver || "unknown") as "normal" | "unknown"}
					onPick={(v) => draft.type({ health: { liver: (v === "unknown" ? "" : v) as "normal" } })}
					of={(["unknown", "normal", "mild", "moderate", "severe"] as const).map((v) => ({ value: v as "normal" | "unknown", text: w.livers[v] }))}
				/>
			</section>
		</>
	);
}

export function DiagnosisStep({ intake, draft, tried }: Answers) {
	const w = words().diagnosis;
	const d = intake.earlier_diagnosis ?? { words: "" };
	const set = (more: Partial<typeof d>) => draft.type({ earlier_diagnosis: { words: d.words, on: d.on, where: d.where, ...more } });
	return (
		<>
			<Head>{w.title}</Head>
			<p class="hint">{w.hint}</p>
			<section class="stack-l">
				<Area label={w.label} value={d.words} onType={(v) => set({ words: v })} rows={3} max={4000} said={tried && !d.words ? w.need : ""} test="diagnosis" />
				<Field label={w.where} value={d.where ?? ""} onType={(v) => set({ where: v })} max={200} />
				<Field label={w.on} value={d.on ?? ""} onType={(v) => set({ on: v || undefined })} placeholder="2026-03" max={10} said={fieldSaid(draft.state.value.problem, "on")} />
			</section>
		</>
	);
}

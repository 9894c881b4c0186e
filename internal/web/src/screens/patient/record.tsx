import { useSignal } from "@preact/signals";

import type { BroughtView, HealthFact, HealthRecordView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { dayOf, download } from "../../client/download";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Area, Field, Pick } from "../../parts/field";
import { Empty, Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { date } from "../../words/say";
import { words as intakeWords } from "./intake-words";
import { words } from "./more-words";
import { Top, usePeople } from "./people";

const order: HealthFact["kind"][] = ["allergy", "condition", "medicine", "weight_kg", "height_cm", "egfr", "liver", "pregnancy", "pregnancy_weeks", "lactation"];
const units: Record<string, string> = { weight_kg: " kg", height_cm: " cm", egfr: " mL/min/1.73 m²" };

/** The record: what is known, who said it and when; what is wrong is ended, never erased. */
export default function Record({ person }: { person: string }) {
	const w = words().record;
	const people = usePeople();
	const known = people.data?.find((k) => k.id === person);
	const live = useLive<HealthRecordView>(`record ${person}`, () => call("GET /patients/{id}/health-record", { path: { id: person } }));
	const ending = useSignal<HealthFact | undefined>(undefined);
	const adding = useSignal(false);
	const all = useSignal(false);
	const why = useSignal("");
	const fact = useSignal({ words: "", reaction: "unknown" as "unknown" });
	const end = useAct(async (key) => {
		live.put(await call("POST /patients/{id}/health-record/facts/{fact}/end", { key, path: { id: person, fact: ending.value?.id ?? "" }, body: { why: why.value.trim() } }));
		ending.value = undefined;
	});
	const add = useAct(async (key) => {
		live.put(await call("POST /patients/{id}/health-record/facts", { key, path: { id: person }, body: { kind: "allergy", words: fact.value.words.trim(), reaction: fact.value.reaction } }));
		adding.value = false;
	});
	const take = useAct(() => download(`/patients/${encodeURIComponent(person)}/everything`, {}, `record-${dayOf(Date.now())}.fhir.json`));
	const came = useSignal<BroughtView | undefined>(undefined);
	const bring = useAct(async (key, text: string) => {
		came.value = await call("POST /patients/{id}/health-record/bring", { key, path: { id: person }, body: text, file: "application/fhir+json" });
		await live.reload();
	});
	const own = known && known.kind !== "helped";
	return (
		<Page title={w.title} of={live} top={<Top person={person} />}>
			{(d) => (
				<div data-test="record" class="stack-l">
					<Head>{w.title}</Head>
					<Lines>
						<Line to={`/record/${person}/access`} icon="eye" title={w.who} test="to-access" />
						<Line icon="download" title={w.take} sub={take.busy ? w.taking : w.takeHint} onPress={() => void take()} test="take-record" />
						<Line icon="plus" title={w.add} onPress={() => (adding.value = true)} />
					</Lines>
					<label class="btn more wide">
						{bring.busy ? w.bringing : w.bring}
						<input class="sr" type="file" accept=".json,application/json,application/fhir+json" onChange={(e) => void e.currentTarget.files?.[0]?.text().then((t) => bring(t))} data-test="bring-record" />
					</label>
					<p class="sub">{w.bringHint}</p>
					{came.value && (
						<Notice kind="ok" live test="brought">
							{w.brought(came.value.taken)} {came.value.left.map((l) => w.left(l.n, l.type, w.leftWhy[l.why] ?? l.why)).join(" ")}
						</Notice>
					)}
					<Trouble problem={take.problem} />
					<Trouble problem={bring.problem} />
					{d.facts.length === 0 && Object.keys(d.none).length === 0 && (
						<Empty drawing="paper">
							<p>{w.empty}</p>
						</Empty>
					)}
					{order.map((kind) => {
						const facts = d.facts.filter((f) => f.kind === kind && (all.value || !f.ended));
						const none = d.none[kind];
						if (facts.length === 0 && !none) return null;
						return (
							<section key={kind}>
								<h2>{w.kinds[kind]}</h2>
								{facts.length === 0 && <p class="sub">{w.none}</p>}
								<ul class="rows">
									{facts.map((f) => (
										<li key={f.id}>
											<span class="stretch">
												<b class={f.ended ? "struck" : ""}>
													{f.words || w.values[f.value ?? ""] || f.value || (f.code ?? "").replace(/_/g, " ")}
													{f.value && !w.values[f.value] && !f.words ? (units[kind] ?? "") : ""}
												</b>
												<span class="g">{f.ended ? w.ended(date(f.ended.at), f.ended.why) : w.told(date(f.at))}</span>
											</span>
											{own && !f.ended && (
												<span class="end">
													<Btn small onPress={() => ((ending.value = f), (why.value = ""))} label={`${w.end}: ${f.words ?? f.code ?? ""}`}>
														{w.end}
													</Btn>
												</span>
											)}
										</li>
									))}
								</ul>
							</section>
						);
					})}
					{d.facts.some((f) => f.ended) && (
						<Btn kind="bare" pressed={all.value} onPress={() => (all.value = !all.value)}>
							{w.showEnded}
						</Btn>
					)}
					<Sheet title={w.endTitle} open={!!ending.value} onClose={() => (ending.value = undefined)}>
						<form
							class="stack-l"
							onSubmit={(e) => {
								e.preventDefault();
								if (why.value.trim()) void end();
							}}
						>
							<p class="sub">{w.endHint}</p>
							<Area label={w.why} value={why.value} onType={(v) => (why.value = v)} rows={3} max={400} />
							<Trouble problem={end.problem} />
							<Btn kind="main" wide submit busy={end.busy}>
								{w.end}
							</Btn>
						</form>
					</Sheet>
					<Sheet title={w.add} open={adding.value} onClose={() => (adding.value = false)}>
						<form
							class="stack-l"
							onSubmit={(e) => {
								e.preventDefault();
								if (fact.value.words.trim()) void add();
							}}
						>
							<Field label={w.what} value={fact.value.words} onType={(v) => (fact.value = { ...fact.value, words: v })} max={200} />
							<Pick
								label={intakeWords().allergies.reaction}
								value={fact.value.reaction}
								of={(["unknown", "non_severe", "immediate", "severe_delayed", "anaphylaxis"] as const).map((r) => [r as "unknown", intakeWords().allergies.reactions[r]] as const)}
								onPick={(reaction) => (fact.value = { ...fact.value, reaction })}
							/>
							<Trouble problem={add.problem} />
							<Btn kind="main" wide submit busy={add.busy}>
								{intakeWords().add}
							</Btn>
						</form>
					</Sheet>
				</div>
			)}
		</Page>
	);
}

import { useSignal } from "@preact/signals";

import type { HealthFact, HealthRecordView, IntakeView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head } from "../../parts/page";
import { Pick } from "../../parts/field";
import { age, date, when } from "../../words/say";
import type { Seen } from "./visit";
import { complaintName } from "./told";
import { words } from "./words";

type Document = keyof ReturnType<typeof words>["documents"];

/** Chart is who it is and what is known; what is not known says so. */
export function Chart({ seen, reload }: { seen: Seen; reload: () => Promise<void> }) {
	const w = words();
	const { visit, intake } = seen;
	const record = useLive(`no-keep record ${visit.patient}`, () => call("GET /patients/{id}/health-record", { path: { id: visit.patient } }));
	const past = useLive(`no-keep past ${visit.patient}`, () => call("GET /patients/{id}/visits", { path: { id: visit.patient } }));
	const facts = (record.data?.facts ?? []).filter((f) => !f.ended);
	return (
		<section class="chart" id="chart" tabIndex={-1}>
			<div class="head">
				<Head>{visit.patient_name ?? w.open}</Head>
				<p class="sub num">{visit.born && w.age(age(visit.born))}</p>
			</div>
			<Strip facts={facts} record={record.data} born={visit.born} />
			<Trouble problem={record.problem} />
			<h2>{w.complaint}</h2>
			<p class="told break">{[intake.complaint?.replace(/_/g, " "), intake.words].filter(Boolean).join(". ")}</p>
			{intake.alerts.map((a) => (
				<Notice key={a.id} kind="stop">
					{a.tell.en}
				</Notice>
			))}
			<Vitals intake={intake} />
			<h2>{w.takes}</h2>
			<Told list={facts.filter((f) => f.kind === "medicine")} none={record.data?.none["medicine"]} />
			<h2>{w.conditions}</h2>
			<Told list={facts.filter((f) => f.kind === "condition")} none={record.data?.none["condition"]} />
			<Papers intake={intake} reload={reload} />
			<Checks of={seen} reload={reload} />
			<h2>{w.earlier}</h2>
			<Lines>
				{(past.data?.items ?? [])
					.filter((v) => v.id !== visit.id && v.state === "completed")
					.slice(0, 8)
					.map((v) => (
						<Line key={v.id} to={`/d/visit/${v.id}`} title={complaintName(v.complaint)} sub={when(v.ended_at ?? v.created_at)} />
					))}
			</Lines>
		</section>
	);
}

/** Strip holds what must never scroll away: allergy, kidneys, liver, weight, and pregnancy where it can be. */
function Strip({ facts, record, born }: { facts: HealthFact[]; record: HealthRecordView | undefined; born: string | undefined }) {
	const w = words();
	const of = (kind: HealthFact["kind"]) => facts.filter((f) => f.kind === kind);
	const say = (f: HealthFact | undefined, unit = "") => (f ? `${f.value ?? f.code ?? f.words ?? ""}${unit}` : "");
	const told = (kind: HealthFact["kind"]) => {
		const text = say(of(kind).at(-1));
		return w.told[text] ?? text;
	};
	const allergies = of("allergy");
	const egfr = of("egfr").at(-1);
	const years = born ? age(born) : 30;
	const canBe = of("pregnancy").length > 0 || (years >= 10 && years <= 58); // whose sex is not on the visit is asked
	return (
		<dl class="strip">
			<div class={allergies.length ? "stop" : ""}>
				<dt>{w.facts.allergy}</dt>
				<dd>
					{allergies.length > 0 && <Icon name="octagon-x" />}
					{allergies.map((a) => a.words || a.code).join(", ") || (record?.none["allergy"] ? w.noneTold : <u>{w.notKnown}</u>)}
				</dd>
			</div>
			<div class={egfr && Number(egfr.value) < 60 ? "warn" : ""}>
				<dt>{w.facts.egfr}</dt>
				<dd>
					{egfr && Number(egfr.value) < 60 && <Icon name="triangle-alert" />}
					{egfr ? `eGFR ${egfr.value}` : <u>{w.notKnown}</u>}
				</dd>
				{egfr && <dd class="sub">{date(egfr.at)}</dd>}
			</div>
			<div>
				<dt>{w.facts.liver}</dt>
				<dd>{told("liver") || <u>{w.notKnown}</u>}</dd>
			</div>
			<div>
				<dt>{w.facts.weight_kg}</dt>
				<dd>{say(of("weight_kg").at(-1), " kg") || <u>{w.notKnown}</u>}</dd>
			</div>
			{canBe && (
				<div>
					<dt>{w.facts.pregnancy}</dt>
					<dd>{told("pregnancy") || <u>{w.notKnown}</u>}</dd>
				</div>
			)}
		</dl>
	);
}

function Told({ list, none }: { list: HealthFact[]; none: boolean | undefined }) {
	const w = words();
	if (list.length === 0) return <p class="sub">{none ? w.noneTold : w.notKnown}</p>;
	return (
		<Lines>
			{list.map((f) => (
				<Line key={f.id} title={f.words || f.code} end={date(f.at)} />
			))}
		</Lines>
	);
}

function Vitals({ intake }: { intake: IntakeView }) {
	if (intake.vitals.length === 0) return null;
	return (
		<dl class="vitals num" aria-label={words().vitals}>
			{intake.vitals.map((v, n) => (
				<div key={n}>
					<dt>{words().vital[v.kind]}</dt>
					<dd>
						<b>{v.value}</b> {v.unit.replace("Cel", "°C").replace("mm[Hg]", "mmHg")}
					</dd>
				</div>
			))}
		</dl>
	);
}

function Papers({ intake, reload }: { intake: IntakeView; reload: () => Promise<void> }) {
	const w = words();
	const verdict = useAct(async (key, v: "qualifies" | "does_not") => {
		await call("POST /intakes/{id}/earlier-diagnosis/verdict", { key, path: { id: intake.id }, body: { verdict: v } });
		await reload();
	});
	const open = useAct(async (_key, attachment: string) => {
		const file = await call("GET /intakes/{id}/attachments/{attachment}", { path: { id: intake.id, attachment } });
		window.open(file.url, "_blank", "noopener");
	});
	const d = intake.earlier_diagnosis;
	return (
		<>
			{d && (
				<section class="card stack">
					<h3>{w.diagnosis}</h3>
					<p class="break">{[d.words, d.on, d.where].filter(Boolean).join(" · ")}</p>
					{d.verdict ? (
						<p class="sub">{d.verdict === "qualifies" ? w.qualifies : w.doesNot}</p>
					) : (
						<div class="acts even">
							<Btn small busy={verdict.busy} onPress={() => void verdict("qualifies")} test="qualifies">
								{w.qualifies}
							</Btn>
							<Btn small busy={verdict.busy} onPress={() => void verdict("does_not")}>
								{w.doesNot}
							</Btn>
						</div>
					)}
					<Trouble problem={verdict.problem} />
				</section>
			)}
			{intake.attachments.length > 0 && (
				<section>
					<h2>{w.photos}</h2>
					<Lines>
						{intake.attachments.map((a, n) => (
							<Line key={a.id} icon="image" title={`${n + 1}`} sub={a.state} onPress={() => void open(a.id)} />
						))}
					</Lines>
					<Trouble problem={open.problem} />
				</section>
			)}
		</>
	);
}

function Checks({ of: { visit, intake }, reload }: { of: Seen; reload: () => Promise<void> }) {
	const w = words();
	const shown = useAct(async (key, document: Document) => {
		await call("POST /intakes/{id}/identity", { key, path: { id: intake.id }, body: { document } });
		await reload();
	});
	const guardian = useAct(async (key) => {
		await call("POST /visits/{id}/guardian", { key, path: { id: visit.id } });
		await reload();
	});
	const number = useAct(async (key) => {
		const r = await call("POST /visits/{id}/call-back", { key, path: { id: visit.id } });
		seen.value = r.number;
	});
	const seen = useSignal("");
	if (visit.state !== "in_progress") return null;
	return (
		<section class="stack">
			{intake.identity_shown ? (
				<p class="sub">
					{w.identity}: {w.documents[intake.identity_shown as Document] ?? intake.identity_shown}
				</p>
			) : (
				<Pick label={w.identity} value={"" as Document | ""} of={[["", "…"] as const, ...(Object.keys(w.documents) as Document[]).map((k) => [k, w.documents[k]] as const)]} onPick={(v) => v && void shown(v)} test="identity" />
			)}
			<div class="acts-row">
				{!visit.guardian && (
					<Btn small busy={guardian.busy} onPress={() => void guardian()}>
						{w.guardian}
					</Btn>
				)}
				<Btn small icon="phone" busy={number.busy} onPress={() => void number()}>
					{w.callBack}
				</Btn>
			</div>
			{seen.value ? (
				<Notice kind="info" icon="phone" live test="call-back-number">
					<b class="num">{seen.value}</b>
				</Notice>
			) : (
				<p class="sub">{w.callBackHint}</p>
			)}
			<Trouble problem={shown.problem ?? guardian.problem ?? number.problem} />
		</section>
	);
}


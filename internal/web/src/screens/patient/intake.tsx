import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { IntakeView } from "../../api.gen";
import { call, versioned } from "../../client/call";
import { Draft } from "../../client/draft";
import { useLive } from "../../client/live";
import { Failure } from "../../client/problem";
import { go } from "../../client/router";
import { feed } from "../../client/session";
import { Btn, Go } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Trouble } from "../../parts/notice";
import { Ghost, Head, Page } from "../../parts/page";
import { ReadAloud } from "../../parts/read";
import { age, time } from "../../words/say";
import { AllergyStep, BodyStep, ConditionStep, DiagnosisStep, MedicineStep, PregnancyStep, QuestionStep, TemperatureStep, VitalsStep } from "./intake-health";
import { PhotoStep } from "./intake-photos";
import { type Answers, ComplaintStep, ContactStep, ReviewStep, StoryStep, WhereStep } from "./intake-steps";
import { words } from "./intake-words";
import { type Known, usePeople, Whom } from "./people";
import { Stop } from "./stop";

/** stepsOf lists the questions of this intake, in order; red flags are a question each. */
export function stepsOf(i: IntakeView, k: Known | undefined): string[] {
	const years = k?.person ? age(k.person.birth_date) : 40;
	const maybePregnant = k?.person?.sex !== "male" && years >= 11 && years <= 56;
	return [
		"where",
		"contact",
		"complaint",
		"story",
		...i.questions.map((q) => `q-${q.id}`),
		"temperature",
		"vitals",
		"allergies",
		"medicines",
		"conditions",
		...(maybePregnant ? ["pregnancy"] : []),
		"body",
		...(i.place?.jurisdiction === "cn" || i.earlier_diagnosis ? ["diagnosis"] : []),
		"photos",
		"review",
	];
}

/** missing tells whether a step still lacks what has to be said. */
export function missing(i: IntakeView, step: string): boolean {
	if (step === "where") return !i.place;
	if (step === "contact") return !i.call_back || !i.consent;
	if (step === "complaint") return !i.complaint;
	if (step === "diagnosis") return !i.earlier_diagnosis?.words;
	if (step.startsWith("q-")) return !i.questions.find((q) => `q-${q.id}` === step)?.answer;
	return false;
}

/** merged is the intake as it reads with what was typed here. */
function merged(i: IntakeView, pending: Draft["state"]["value"]["pending"]): IntakeView {
	const { where: _, answers, health, symptoms, ...rest } = pending;
	return {
		...i,
		...rest,
		answers: { ...i.answers, ...answers },
		symptoms: { ...i.symptoms, ...symptoms },
		health: { ...i.health, ...health },
		questions: i.questions.map((q) => ({ ...q, answer: (answers?.[q.id] ?? q.answer) as "yes" | "no" | undefined })),
	} as IntakeView;
}

/** Intake: one question a step, saved as it is typed; a red flag stops it. */
export default function Intake({ id, step }: { id: string; step?: string }) {
	const w = words();
	const draft = useMemo(
		() =>
			new Draft(id, {
				read: () => versioned("GET /intakes/{id}", { path: { id } }),
				save: (match, body) => versioned("PATCH /intakes/{id}", { path: { id }, match, body }),
			}),
		[id],
	);
	useEffect(() => {
		void draft.open();
		const unhear = feed.hear((e) => {
			if (e === "reset" || e.doc === id) void draft.open();
		});
		return () => {
			unhear();
			void draft.flush();
		};
	}, [draft]);
	const options = useLive("intake options", () => call("GET /intake-options"), () => false, 3_600_000);
	const people = usePeople();
	const tried = useSignal("");
	const s = draft.state.value;
	if (!s.view) {
		return (
			<Page title={w.title} up="/">
				{s.problem ? (
					<>
						<Head>{w.title}</Head>
						<Trouble problem={s.problem} again={() => void draft.open()} />
					</>
				) : (
					<Ghost />
				)}
			</Page>
		);
	}
	const i = merged(s.view, s.pending);
	const known = people.data?.find((k) => k.id === i.patient);
	if (i.state === "submitted") return <HandedIn intake={i} />;
	if (i.alerts.length > 0 || i.state === "stopped") return <Stop intake={i} draft={draft} />;
	if (i.state === "discarded") return <HandedIn intake={i} />;
	const steps = stepsOf(i, known);
	const at = step && steps.includes(step) ? step : (steps.find((x) => missing(i, x)) ?? "review");
	const n = steps.indexOf(at);
	const a: Answers = { intake: i, draft, known, options: options.data, tried: tried.value === at, next: () => onward() };
	const onward = () => {
		const now = draft.state.value; // what was just pressed is not in this drawing yet
		if (now.view && missing(merged(now.view, now.pending), at)) {
			tried.value = at;
			return;
		}
		void draft.flush().then(() => {
			const view = draft.state.value.view;
			const list = view ? stepsOf(view, known) : steps;
			go(`/intake/${id}/${list[list.indexOf(at) + 1] ?? "review"}`);
		});
	};
	const previous = n > 0 ? `/intake/${id}/${steps[n - 1]}` : `/for/${i.patient}`;
	return (
		<Page
			title={w.title}
			top={
				<header>
					<div class="bar">
						<a class="ico" href={previous} aria-label={w.back} data-test="back">
							<Icon name="arrow-left" />
						</a>
						<p class="mid">
							<Whom person={i.patient} />
						</p>
						<ReadAloud />
					</div>
					<progress class="prog" max={steps.length} value={n + 1} aria-label={w.step(n + 1, steps.length)} />
				</header>
			}
			foot={
				<>
					<p class="saved num" role="status" data-test="saved" data-here={s.here}>
						<Icon name={s.here ? "wifi-off" : "check"} />
						<span>{s.here ? w.savedHere : s.savedAt ? w.saved(time(s.savedAt)) : w.saving}</span>
					</p>
					{at !== "review" && (
						<Btn kind="main" wide onPress={onward} test="next">
							{w.next}
						</Btn>
					)}
					{at === "review" && <ReviewStep.Foot {...a} />}
				</>
			}
		>
			<p class="step num">{w.step(n + 1, steps.length)}</p>
			<div key={at} data-test="step" data-step={at} class="intake-step">
				<Body at={at} a={a} />
			</div>
			{s.problem instanceof Failure && !s.problem.away && <Trouble problem={s.problem} />}
			<p class="notice stop help">
				<Icon name="circle-alert" />
				<span>
					{w.emergency(i.emergency_number)} <a href={`tel:${i.emergency_number}`}>{w.emergencyCall(i.emergency_number)}</a>
				</span>
			</p>
		</Page>
	);
}

function Body({ at, a }: { at: string; a: Answers }) {
	if (at.startsWith("q-")) return <QuestionStep {...a} question={at.slice(2)} />;
	switch (at) {
		case "where":
			return <WhereStep {...a} />;
		case "contact":
			return <ContactStep {...a} />;
		case "complaint":
			return <ComplaintStep {...a} />;
		case "story":
			return <StoryStep {...a} />;
		case "temperature":
			return <TemperatureStep {...a} />;
		case "vitals":
			return <VitalsStep {...a} />;
		case "allergies":
			return <AllergyStep {...a} />;
		case "medicines":
			return <MedicineStep {...a} />;
		case "conditions":
			return <ConditionStep {...a} />;
		case "pregnancy":
			return <PregnancyStep {...a} />;
		case "body":
			return <BodyStep {...a} />;
		case "diagnosis":
			return <DiagnosisStep {...a} />;
		case "photos":
			return <PhotoStep {...a} />;
		default:
			return <ReviewStep {...a} />;
	}
}

/** What was handed in leads on to choosing when. */
function HandedIn({ intake }: { intake: IntakeView }) {
	const w = words();
	useEffect(() => {
		if (intake.state === "submitted") go(`/intake/${intake.id}/when`, true);
	}, [intake.id, intake.state]);
	return (
		<Page title={w.title} up={`/for/${intake.patient}`} middle={<Whom person={intake.patient} />}>
			<Head>{w.gone}</Head>
			<p class="hint">{w.goneHint}</p>
			<section>
				<Go kind="main" to={`/for/${intake.patient}`}>
					{w.toHome}
				</Go>
			</section>
		</Page>
	);
}

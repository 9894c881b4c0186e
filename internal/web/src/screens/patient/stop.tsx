import { useAct } from "../../client/act";
import { call } from "../../client/call";
import type { Draft } from "../../client/draft";
import { go } from "../../client/router";
import type { IntakeView } from "../../api.gen";
import { Btn, Go } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Head, Page } from "../../parts/page";
import { Trouble } from "../../parts/notice";
import { language } from "../../words/words";
import { words } from "./intake-words";
import { Whom } from "./people";

/** Stop: a red flag. The whole page says whom to call, and there is no way on. */
export function Stop({ intake, draft }: { intake: IntakeView; draft: Draft }) {
	const w = words().stop;
	const first = intake.alerts[0];
	const urgency = first?.urgency ?? "see_in_person";
	const title = urgency === "call_emergency_now" ? w.now : urgency === "emergency_department_today" ? w.today : w.person;
	const flagged = intake.questions.find((q) => intake.alerts.some((a) => a.id === q.id) && q.answer === "yes");
	const leave = useAct(async (key) => {
		await draft.flush();
		await call("POST /intakes/{id}/submit", { key, path: { id: intake.id } });
		await draft.drop();
		go(`/for/${intake.patient}`);
	});
	const wrong = () => {
		if (flagged) {
			draft.type({ answers: { [flagged.id]: "" } });
			void draft.flush();
			go(`/intake/${intake.id}/q-${flagged.id}`);
		} else go(`/intake/${intake.id}/vitals`);
	};
	return (
		<Page title={words().title} up={`/for/${intake.patient}`} middle={<Whom person={intake.patient} />} plain>
			<div class="stoppage" data-test="red-flag" role="alert">
				<Icon name="octagon-x" class="big" />
				<Head>{title}</Head>
				{intake.alerts.map((a) => (
					<p key={a.id} class="tell">
						{language.value === "zh" ? a.tell.zh : a.tell.en}
					</p>
				))}
				<section class="stack">
					<Go kind="stop" wide icon="phone" to={`tel:${intake.emergency_number}`} test="call-emergency">
						{w.call(intake.emergency_number)}
					</Go>
				</section>
				<section class="stack">
					{urgency === "call_emergency_now" && <p>{w.stay}</p>}
					<p class="sub">{w.more}</p>
					{first?.source && (
						<details>
							<summary>{w.why}</summary>
							<p class="sub">{intake.alerts.map((a) => a.source).join("; ")}</p>
						</details>
					)}
				</section>
				<section class="stack">
					<Trouble problem={leave.problem} />
					{intake.state === "draft" && (flagged || intake.vitals.length > 0) && (
						<Btn kind="bare" onPress={wrong} test="answered-wrongly">
							{w.wrong}
						</Btn>
					)}
				</section>
			</div>
		</Page>
	);
}

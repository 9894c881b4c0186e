import type { VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { go } from "../../client/router";
import { Btn } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Empty } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { age, span } from "../../words/say";
import { Duty, useDuty } from "./duty";
import { Next } from "./next";
import { complaintName } from "./told";
import { words } from "./words";

/** Queue: who waits, the head first. */
export default function Queue() {
	const w = words();
	const duty = useDuty();
	const queue = useLive("queue", () => call("GET /queue"), (e) => e.kind.startsWith("visit.") || e.kind.startsWith("duty."), 20_000);
	return (
		<Page title={w.queue} of={queue} plain wide>
			{({ items }) => (
				<div class="stack-l">
					<Head>{w.queue}</Head>
					<Duty duty={duty} />
					<Next waiting={items.length} />
					{items.length === 0 && (
						<Empty>
							<p>{w.nobody}</p>
						</Empty>
					)}
					<ul class="queue">
						{items.map((v) => (
							<Waiting key={v.id} of={v} />
						))}
					</ul>
				</div>
			)}
		</Page>
	);
}

function Waiting({ of: v }: { of: VisitView }) {
	const w = words();
	const now = useNow();
	const admit = useAct(async (key) => {
		await call("POST /visits/{id}/admit", { key, path: { id: v.id } });
		go(`/d/visit/${v.id}`);
	});
	return (
		<li data-test="waiting">
			<span class="stretch what">
				<b class="num">{[v.patient_name, v.born && w.age(age(v.born)), complaintName(v.complaint)].filter(Boolean).join(", ")}</b>
				<span class="sub num">
					{[v.language.toUpperCase(), w.since(span((now - +new Date(v.queued_at)) / 1000)), v.here ? w.here : w.away].join(" · ")}
				</span>
				<Trouble problem={admit.problem} />
			</span>
			{v.here && <Icon name="circle-check" />}
			<Btn small busy={admit.busy} onPress={() => void admit()} test="admit">
				{w.admit}
			</Btn>
		</li>
	);
}

import { useSignal } from "@preact/signals";

import type { ThreadItem, VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Area } from "../../parts/field";
import { Trouble } from "../../parts/notice";
import { when } from "../../words/say";
import { words } from "./words";

/** Thread is what was asked after the visit, by the patient and by pharmacists, with its answers. */
export function Thread({ visit }: { visit: VisitView }) {
	const w = words();
	const thread = useLive(`no-keep thread ${visit.id}`, () => call("GET /visits/{id}/thread", { path: { id: visit.id } }));
	const items = thread.data?.items ?? [];
	const answered = new Set(items.map((i) => i.answers).filter(Boolean));
	return (
		<div class="stack">
			<Trouble problem={thread.problem} />
			{thread.data && items.length === 0 && <p class="sub">{w.noThread}</p>}
			{items.map((i) => (
				<section key={i.id} class="card stack">
					<p class="sub num">
						<b>{w.kinds[i.kind] ?? i.kind}</b> {when(i.at)}
					</p>
					<p class="break">{i.text}</p>
					{i.kind !== "answer" && !answered.has(i.id) && <Answer of={i} visit={visit} reload={thread.reload} />}
				</section>
			))}
		</div>
	);
}

function Answer({ of: i, visit, reload }: { of: ThreadItem; visit: VisitView; reload: () => Promise<void> }) {
	const w = words();
	const typed = useSignal("");
	const send = useAct(async (key) => {
		await call("POST /visits/{id}/thread/{item}/answer", { key, path: { id: visit.id, item: i.id }, body: { text: typed.value.trim() } });
		await reload();
	});
	return (
		<div class="stack">
			<Area label={w.answer} rows={2} value={typed.value} onType={(v) => (typed.value = v)} max={2000} />
			<Trouble problem={send.problem} />
			<Btn small kind="main" busy={send.busy} off={!typed.value.trim()} onPress={() => void send()}>
				{w.answer}
			</Btn>
		</div>
	);
}

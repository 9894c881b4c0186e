import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Area } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Speak } from "../../parts/speak";
import { when } from "../../words/say";
import { words } from "./order-words";

/** The talk of one order: courier, pharmacy, support and the patient's side; nobody's number is given. */
export default function TalkOf({ id }: { id: string }) {
	const w = words().talk;
	const live = useLive(`talk ${id}`, () => call("GET /orders/{id}/talk", { path: { id } }), undefined, 15_000);
	const text = useSignal("");
	const say = useAct(async (key) => {
		live.put(await call("POST /orders/{id}/talk", { key, path: { id }, body: { text: text.value.trim() } }));
		text.value = "";
	});
	return (
		<Page title={w.title} of={live} up={`/order/${id}`}>
			{(t) => (
				<div class="stack-l" data-test="talk">
					<Head>{w.title}</Head>
					<p class="sub">{w.hint}</p>
					{!t.closed && <Speak order={id} there={t.speaks} />}
					<div class="stack" role="log" aria-live="polite">
						{t.said.map((s) => (
							<div key={s.id} class={`say ${s.mine ? "own" : ""}`}>
								<b>{s.mine ? w.you : (w.roles[s.role] ?? s.role)}</b> <span class="sub num">{when(s.at)}</span>
								<p class="pre">{s.text}</p>
							</div>
						))}
					</div>
					{t.closed ? (
						<Notice>
							{w.closed} {t.destroyed_at && w.destroyed(when(t.destroyed_at))}
						</Notice>
					) : (
						<form
							class="stack"
							onSubmit={(e) => {
								e.preventDefault();
								if (text.value.trim()) void say();
							}}
						>
							<Area label={w.write} value={text.value} onType={(v) => (text.value = v)} rows={3} max={4000} test="talk-text" />
							<Trouble problem={say.problem} />
							<Btn kind="main" wide submit icon="send" busy={say.busy} test="talk-send">
								{w.send}
							</Btn>
						</form>
					)}
				</div>
			)}
		</Page>
	);
}

import { useSignal } from "@preact/signals";

import type { CaseView, OpenCaseInBody } from "../../api.gen";
import { about } from "../../client/about";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { go } from "../../client/router";
import { Btn } from "../../parts/button";
import { Area, Options, Said } from "../../parts/field";
import { Empty, Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { money, when } from "../../words/say";
import { orNothing } from "./facts";
import { words } from "./more-words";

type Category = OpenCaseInBody["category"];
const forOrder: Category[] = ["late", "missing", "wrong_item", "damaged", "not_delivered", "side_effect", "money", "other"];
const forVisit: Category[] = ["care", "side_effect", "money", "conduct", "access", "other"];
const any: Category[] = ["late", "missing", "wrong_item", "damaged", "not_delivered", "side_effect", "care", "money", "access", "conduct", "other"];

/** A problem: what about, what happened; then the talk with support until it is resolved. */
export default function Case({ id }: { id: string }) {
	return id === "new" ? <NewCase /> : <OneCase id={id} />;
}

function NewCase() {
	const w = words().cases;
	const subject = new URLSearchParams(location.search).get("about") ?? undefined;
	const s = useSignal<{ category?: Category; text: string; tried: boolean }>({ text: "", tried: false });
	const list = subject?.startsWith("ord_") ? forOrder : subject?.startsWith("vis_") ? forVisit : any;
	const person = about.value;
	const mine = useLive(`cases ${person}`, async () => (person ? (await orNothing(call("GET /patients/{id}/cases", { path: { id: person }, query: { limit: 20 } }), { items: [] })).items : (await call("GET /me/cases")).items));
	const send = useAct(async (key) => {
		const c = await call("POST /cases", { key, body: { category: s.value.category as Category, text: s.value.text.trim(), subject: subject ?? (person || undefined) } });
		go(`/case/${c.id}`, true);
	});
	const press = () => {
		s.value = { ...s.value, tried: true };
		if (s.value.category && s.value.text.trim()) void send();
	};
	return (
		<Page
			title={w.title}
			up={person ? `/for/${person}` : "/"}
			foot={
				<Btn kind="main" wide busy={send.busy} onPress={press} test="send-case">
					{w.send}
				</Btn>
			}
		>
			<div class="stack-l" data-test="new-case">
				<Head>{w.title}</Head>
				<Notice kind="stop">{w.emergency}</Notice>
				<Options legend={w.what} value={s.value.category} onPick={(category) => (s.value = { ...s.value, category })} of={list.map((value) => ({ value, text: w.kinds[value] }))} test="category" />
				{s.value.category === "wrong_item" && <Notice kind="stop">{w.wrongItem}</Notice>}
				<Area label={w.text} value={s.value.text} onType={(text) => (s.value = { ...s.value, text })} max={4000} test="case-text" />
				<Said text={s.value.tried && !(s.value.category && s.value.text.trim()) ? w.need : ""} />
				<Trouble problem={send.problem} />
				{(mine.data ?? []).length > 0 && (
					<section>
						<h2>{w.list}</h2>
						<Cases list={mine.data ?? []} />
					</section>
				)}
			</div>
		</Page>
	);
}

function Cases({ list }: { list: CaseView[] }) {
	const w = words().cases;
	if (list.length === 0)
		return (
			<Empty>
				<p>{w.none}</p>
			</Empty>
		);
	return (
		<Lines>
			{list.map((c) => (
				<Line key={c.id} icon="headset" to={`/case/${c.id}`} title={w.kinds[c.category] ?? c.category} sub={`${w.states[c.state]} · ${when(c.updated_at)}`} />
			))}
		</Lines>
	);
}

function OneCase({ id }: { id: string }) {
	const w = words().cases;
	const live = useLive(`case ${id}`, () => call("GET /cases/{id}", { path: { id } }));
	const text = useSignal("");
	const write = useAct(async (key) => {
		const path = { id };
		const body = { text: text.value.trim() };
		live.put(live.data?.state === "resolved" ? await call("POST /cases/{id}/reopen", { key, path, body }) : await call("POST /cases/{id}/messages", { key, path, body }));
		text.value = "";
	});
	const c = live.data;
	return (
		<Page title={w.title} of={live} up={c?.patient ? `/for/${c.patient}` : "/"}>
			{(x) => (
				<div class="stack-l" data-test="case" data-state={x.state}>
					<Head>{w.kinds[x.category] ?? x.category}</Head>
					<p role="status">
						<span class={`chip ${x.state === "resolved" ? "ok" : "lamp"}`}>{w.states[x.state]}</span>
					</p>
					{x.actions.map((a) => (
						<Notice key={a.id} kind={a.state === "done" ? "ok" : "info"}>
							{w.actions[a.what]} {a.amount ? money(a.amount) : ""} · {w.actionStates[a.state]}
						</Notice>
					))}
					<div class="stack">
						{x.messages.map((m) => (
							<div key={m.id} class={`say ${m.role === "patient" ? "own" : ""}`}>
								<b>{m.role === "patient" ? w.you : w.us}</b> <span class="sub num">{when(m.at)}</span>
								<p class="pre">{m.text}</p>
							</div>
						))}
					</div>
					{x.state !== "closed" && (
						<form
							class="stack"
							onSubmit={(e) => {
								e.preventDefault();
								if (text.value.trim()) void write();
							}}
						>
							<Area label={x.state === "resolved" ? w.reopen : w.write} value={text.value} onType={(v) => (text.value = v)} rows={3} max={4000} />
							<Trouble problem={write.problem} />
							<Btn wide submit busy={write.busy} test="write-case">
								{x.state === "resolved" ? w.reopen : w.send}
							</Btn>
						</form>
					)}
				</div>
			)}
		</Page>
	);
}

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { CaseView, EvidenceView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useFollowed } from "../../client/follow";
import { useLive } from "../../client/live";
import { me } from "../../client/session";
import { Btn, Go } from "../../parts/button";
import { Area } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { listed, money, when } from "../../words/say";
import { said, words as kinds } from "./evidence";
import { ByPhone, Coupon, Redeliver, Refund } from "./makegood";
import { words } from "./words";

interface Whole {
	of: CaseView;
	evidence: EvidenceView;
}

/** Case: all the evidence on one time line, the talk, and what can be made good. */
export default function Case({ id }: { id: string }) {
	const w = words();
	const whole = useLive<Whole>(`no-keep case ${id}`, async () => {
		const [of, evidence] = await Promise.all([call("GET /cases/{id}", { path: { id } }), call("GET /cases/{id}/evidence", { path: { id } })]);
		return { of, evidence };
	}, (e) => e.doc === id);
	const changed = useFollowed(`/cases/${id}/feed`);
	useEffect(() => void (changed && whole.reload()), [changed]);
	return (
		<Page title={w.cases} of={whole} up="/o/cases" plain wide>
			{({ of: c, evidence }) => (
				<>
					<Head>{w.categories[c.category] ?? c.category.replace(/_/g, " ")}</Head>
					<p class="hint">{w.caseStates[c.state]}</p>
					<div class="cols top-gap">
						<section data-test="evidence">
							<h2>{w.evidence}</h2>
							{evidence.missing.length > 0 && <Notice kind="warn">{w.missing(listed(evidence.missing.map((k) => kinds().kinds[k] ?? k)))}</Notice>}
							<ol class="chain num">
								{evidence.items.map((e, n) => {
									const { what, more } = said(e);
									return (
										<li key={n}>
											<b>{e.at ? when(e.at) : ""}</b> {what}
											{e.text && <p class="break">{e.text}</p>}
											{more && <p class="sub break">{more}</p>}
										</li>
									);
								})}
							</ol>
						</section>
						<Side of={c} reload={whole.reload} changed={changed} />
					</div>
				</>
			)}
		</Page>
	);
}

function Side({ of: c, reload, changed }: { of: CaseView; reload: () => Promise<void>; changed: number }) {
	const w = words();
	const text = useSignal("");
	const open = useSignal<"" | "refund" | "coupon" | "redeliver">("");
	const path = { id: c.id };
	const step = useAct(async (key, what: "take" | "answer" | "resolve" | "close") => {
		switch (what) {
			case "take":
				await call("POST /cases/{id}/assign", { key, path, body: { to: me.value?.id ?? "" } });
				break;
			case "answer":
				await call("POST /cases/{id}/answer", { key, path, body: { text: text.value.trim() } });
				break;
			case "resolve":
				await call("POST /cases/{id}/resolve", { key, path, body: { reason: "explained", text: text.value.trim() } });
				break;
			default:
				await call("POST /cases/{id}/close", { key, path });
		}
		if (what === "answer" || what === "resolve") text.value = ""; // any other step leaves what is being written
		await reload();
	});
	const mine = c.assigned === me.value?.id;
	const over = c.state === "closed";
	const order = c.subject?.startsWith("ord_") ? c.subject : "";
	const shut = () => {
		open.value = "";
		void reload();
	};
	return (
		<section class="stack-l">
			<h2>{w.messages}</h2>
			{c.messages.map((m) => (
				<div key={m.id} class="card">
					<p class="sub num">
						<b>{w.writers[m.role] ?? m.role}</b> {when(m.at)}
					</p>
					<p class="break">{m.text}</p>
				</div>
			))}
			{c.actions.map((a) => (
				<Notice key={a.id} test={`action-${a.state}`} kind={a.state === "done" ? "ok" : a.state === "failed" ? "stop" : "lamp"}>
					<b>{w.made[a.what]}</b>
					{listed([a.amount && money(a.amount), w.madeStates[a.state]])}
				</Notice>
			))}
			<Trouble problem={step.problem} />
			{c.subject?.startsWith("ord_") && (
				<Go icon="message-square" to={`/o/talk/${c.subject}`} test="talk">
					{w.talk}
				</Go>
			)}
			{!mine && !over && (
				<Btn busy={step.busy} onPress={() => void step("take")} test="take">
					{w.mine}
				</Btn>
			)}
			{!over && (
				<>
					<Area label={w.text} value={text.value} onType={(v) => (text.value = v)} max={4000} test="case-answer" />
					<div class="acts-row">
						<Btn kind="main" busy={step.busy} off={!text.value.trim()} onPress={() => void step("answer")} test="answer">
							{w.answer}
						</Btn>
						<Btn busy={step.busy} off={!text.value.trim()} onPress={() => void step("resolve")} test="resolve">
							{w.resolve}
						</Btn>
						{c.state === "resolved" && (
							<Btn busy={step.busy} onPress={() => void step("close")}>
								{w.close}
							</Btn>
						)}
					</div>
				</>
			)}
			{!over && (order || c.subject?.startsWith("vis_")) && (
				<div class="acts-row">
					<Btn icon="undo-2" onPress={() => (open.value = "refund")} test="refund">
						{w.refund}
					</Btn>
					<Btn icon="ticket-percent" onPress={() => (open.value = "coupon")} test="coupon">
						{w.coupon}
					</Btn>
					{order && (
						<Btn icon="package" onPress={() => (open.value = "redeliver")} test="redeliver">
							{w.redeliver}
						</Btn>
					)}
				</div>
			)}
			{order && <ByPhone order={order} changed={changed} />}
			{open.value === "refund" && <Refund of={c} onClose={shut} />}
			{open.value === "coupon" && <Coupon of={c} onClose={shut} />}
			{open.value === "redeliver" && <Redeliver of={c} onClose={shut} />}
		</section>
	);
}

import { useSignal } from "@preact/signals";

import type { CaseView, EvidenceView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { me } from "../../client/session";
import { Btn, Go } from "../../parts/button";
import { Area, Options } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { money, when } from "../../words/say";
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
	});
	return (
		<Page title={w.cases} of={whole} up="/o/cases" plain wide>
			{({ of: c, evidence }) => (
				<>
					<Head>{c.category.replace(/_/g, " ")}</Head>
					<p class="hint">{w.caseStates[c.state]}</p>
					<div class="cols">
						<section>
							<h2>{w.evidence}</h2>
							{evidence.missing.length > 0 && <Notice kind="warn">{w.missing(evidence.missing.join(", "))}</Notice>}
							<ol class="chain num">
								{evidence.items.map((e, n) => (
									<li key={n}>
										<b>{e.at ? when(e.at) : ""}</b> {e.kind.replace(/_/g, " ")} {e.code}
										{e.text && <p class="break">{e.text}</p>}
										{e.data && <p class="sub break">{Object.entries(e.data).map(([k, v]) => `${k} ${v}`).join(" · ")}</p>}
									</li>
								))}
							</ol>
						</section>
						<Side of={c} reload={whole.reload} />
					</div>
				</>
			)}
		</Page>
	);
}

function Side({ of: c, reload }: { of: CaseView; reload: () => Promise<void> }) {
	const w = words();
	const text = useSignal("");
	const open = useSignal<"" | "refund">("");
	const path = { id: c.id };
	const step = useAct(async (key, what: "take" | "answer" | "redeliver" | "resolve" | "close") => {
		switch (what) {
			case "take":
				await call("POST /cases/{id}/assign", { key, path, body: { to: me.value?.id ?? "" } });
				break;
			case "answer":
				await call("POST /cases/{id}/answer", { key, path, body: { text: text.value.trim() } });
				break;
			case "redeliver":
				await call("POST /cases/{id}/redelivery", { key, path, body: { reason: "goodwill" } });
				break;
			case "resolve":
				await call("POST /cases/{id}/resolve", { key, path, body: { reason: "explained", text: text.value.trim() } });
				break;
			default:
				await call("POST /cases/{id}/close", { key, path });
		}
		text.value = "";
		await reload();
	});
	const mine = c.assigned === me.value?.id;
	const over = c.state === "closed";
	return (
		<section class="stack-l">
			<h2>{w.messages}</h2>
			{c.messages.map((m) => (
				<div key={m.id} class="card">
					<p class="sub num">
						<b>{m.role}</b> {when(m.at)}
					</p>
					<p class="break">{m.text}</p>
				</div>
			))}
			{c.actions.map((a) => (
				<Notice key={a.id} kind={a.state === "done" ? "ok" : a.state === "failed" ? "stop" : "lamp"}>
					{a.what} {a.amount && money(a.amount)} · {a.state}
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
						<Btn busy={step.busy} off={!text.value.trim()} onPress={() => void step("resolve")}>
							{w.resolve}
						</Btn>
						<Btn onPress={() => (open.value = "refund")} test="refund">
							{w.refund}
						</Btn>
						<Btn busy={step.busy} onPress={() => void step("redeliver")}>
							{w.redeliver}
						</Btn>
						{c.state === "resolved" && (
							<Btn busy={step.busy} onPress={() => void step("close")}>
								{w.close}
							</Btn>
						)}
					</div>
				</>
			)}
			{open.value === "refund" && (
				<Refund
					id={c.id}
					onClose={() => {
						open.value = "";
						void reload();
					}}
				/>
			)}
		</section>
	);
}

type Kind = keyof ReturnType<typeof words>["refundKinds"];

function Refund({ id, onClose }: { id: string; onClose: () => void }) {
	const w = words();
	const kinds = useSignal<Kind[]>(["delivery_fee"]);
	const refund = useAct(async (key) => {
		await call("POST /cases/{id}/refund", { key, path: { id }, body: { kinds: kinds.value, reason: "goodwill" } });
		onClose();
	});
	return (
		<Sheet title={w.refund} open onClose={onClose}>
			<div class="stack-l">
				<Options many legend={w.whatRefund} value={kinds.value} onPick={(v) => (kinds.value = v)} of={(["visit_fee", "medicine", "delivery_fee"] as Kind[]).map((value) => ({ value, text: w.refundKinds[value] }))} />
				<Trouble problem={refund.problem} />
				<Btn kind="main" wide busy={refund.busy} off={kinds.value.length === 0} onPress={() => void refund()} test="refund-sure">
					{w.refund}
				</Btn>
			</div>
		</Sheet>
	);
}

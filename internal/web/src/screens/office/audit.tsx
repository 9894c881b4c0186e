import { useSignal } from "@preact/signals";

import type { AuditLine, AuditProof } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { dayOf, download } from "../../client/download";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Empty } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { when } from "../../words/say";
import { words } from "./words";

/** Audit: who looked at what and did what, and the proof that nothing was altered. */
export default function Audit() {
	const w = words();
	const s = useSignal({ patient: "", account: "", from: "", until: "" });
	const set = (more: Partial<typeof s.value>) => (s.value = { ...s.value, ...more });
	const found = useSignal<{ items: AuditLine[]; next?: string | undefined } | undefined>(undefined);
	const proof = useSignal<AuditProof | undefined>(undefined);
	const find = useAct(async (_key, cursor: string) => {
		const v = s.value;
		const page = await call("GET /audit", {
			query: {
				limit: 50,
				...(v.patient.trim() ? { patient: v.patient.trim() } : {}), ...(v.account.trim() ? { account: v.account.trim() } : {}),
				...(v.from ? { from: new Date(v.from).toISOString() } : {}), ...(v.until ? { until: new Date(v.until).toISOString() } : {}), ...(cursor ? { cursor } : {}),
			},
		});
		found.value = { items: [...(cursor ? (found.value?.items ?? []) : []), ...page.items], next: page.next };
	});
	const keep = useAct(() => {
		const v = s.value;
		const at = (d: string) => (d ? new Date(d).toISOString() : "");
		return download("/exports/audit", { patient: v.patient.trim(), account: v.account.trim(), from: at(v.from), until: at(v.until) }, `audit-${dayOf(Date.now())}.csv`);
	});
	const prove = useAct(async (key) => void (proof.value = await call("POST /audit/verify", { key })));
	return (
		<Page title={w.audit} plain wide>
			<Head>{w.audit}</Head>
			<section class="stack">
				<Btn icon="shield-check" busy={prove.busy} onPress={() => void prove()} test="prove">
					{w.proof}
				</Btn>
				{proof.value && (
					<Notice kind={proof.value.whole ? "ok" : "stop"} live test="proof">
						{proof.value.whole ? w.proven(proof.value.chains.reduce((n, c) => n + c.entries, 0)) : w.broken}
					</Notice>
				)}
				<form
					class="stack"
					onSubmit={(e) => {
						e.preventDefault();
						void find("");
					}}
				>
					<div class="batch">
						<Field label={w.patient} value={s.value.patient} onType={(patient) => set({ patient })} test="audit-patient" />
						<Field label={w.account} value={s.value.account} onType={(account) => set({ account })} test="audit-account" />
						<Field label={w.from} type="date" value={s.value.from} onType={(from) => set({ from })} />
						<Field label={w.untilDay} type="date" value={s.value.until} onType={(until) => set({ until })} />
					</div>
					<div class="acts-row">
						<Btn kind="main" submit icon="search" busy={find.busy} test="audit-find">
							{w.search}
						</Btn>
						<Btn icon="file-down" busy={keep.busy} onPress={() => void keep()} test="export-audit">
							{w.download}
						</Btn>
					</div>
				</form>
				<Trouble problem={find.problem ?? prove.problem ?? keep.problem} />
				{found.value?.items.length === 0 && (
					<Empty drawing="paper">
						<p>{w.noAudit}</p>
					</Empty>
				)}
				{!!found.value?.items.length && (
					<div class="scroll-x">
						<table class="rows-table num" data-test="audit-lines">
							<tbody>
								{found.value.items.map((l, n) => (
									<tr key={n}>
										<td>{when(l.at)}</td>
										<td>{l.role}</td>
										<td>{l.action}</td>
										<td>{l.what === "denied" ? w.denied : l.what}</td>
										<td class="break">{l.account}</td>
										<td class="break">{l.record ?? l.patient}</td>
									</tr>
								))}
							</tbody>
						</table>
					</div>
				)}
				{found.value?.next && (
					<Btn busy={find.busy} onPress={() => void find(found.value?.next ?? "")}>
						{w.next}
					</Btn>
				)}
			</section>
		</Page>
	);
}

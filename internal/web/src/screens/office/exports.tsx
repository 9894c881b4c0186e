import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { dayOf, download } from "../../client/download";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { words } from "./words";

const day = 86_400_000;

type What = "orders" | "ledger" | "invoices";

/** periodOf is from the beginning of one day to the end of another, in the device's own place. */
export function periodOf(from: string, until: string): { from: string; until: string } {
	const end = new Date(`${until}T00:00`);
	end.setDate(end.getDate() + 1);
	return { from: new Date(`${from}T00:00`).toISOString(), until: end.toISOString() };
}

/** Exports: tables of orders, of the ledger and of invoices, to keep. */
export default function Exports() {
	const w = words();
	const s = useSignal({ from: dayOf(Date.now() - 6 * day), until: dayOf(Date.now()) });
	const set = (more: Partial<typeof s.value>) => (s.value = { ...s.value, ...more });
	const take = useAct((_key, what: What) => download(`/exports/${what}`, periodOf(s.value.from, s.value.until), `${what}-${s.value.from}-${s.value.until}.csv`));
	const line = (what: What, title: string, hint: string) => (
		<div class="line">
			<span class="stretch">
				<b>{title}</b>
				<span class="g">{hint}</span>
			</span>
			<Btn icon="file-down" busy={take.busy} off={!s.value.from || !s.value.until} onPress={() => void take(what)} test={`export-${what}`} label={`${w.download}: ${title}`}>
				{w.download}
			</Btn>
		</div>
	);
	return (
		<Page title={w.exports} plain>
			<Head>{w.exports}</Head>
			<p class="hint">{w.exportsHint}</p>
			<section class="filters">
				<Field label={w.from} type="date" value={s.value.from} onType={(from) => set({ from })} test="export-from" />
				<Field label={w.untilDay} type="date" value={s.value.until} onType={(until) => set({ until })} test="export-until" />
			</section>
			<section class="stack">
				<Trouble problem={take.problem} />
				<Lines>
					{line("orders", w.exportOrders, w.exportOrdersHint)}
					{line("ledger", w.exportLedger, w.exportLedgerHint)}
					{line("invoices", w.exportInvoices, w.exportInvoicesHint)}
				</Lines>
			</section>
		</Page>
	);
}

import { useSignal } from "@preact/signals";

import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn, Go } from "../../parts/button";
import { Tick } from "../../parts/field";
import { Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { date, money } from "../../words/say";
import { language } from "../../words/words";
import { words } from "./order-words";
import { Whom } from "./people";

/** A receipt as a page, to be printed for reimbursement; the diagnosis only when it is asked for. */
export default function Receipt({ id }: { id: string }) {
	const w = words().receipt;
	const full = useSignal(false);
	const live = useLive(`receipt ${id} ${full.value}`, () => call("GET /payments/{id}/receipt", { path: { id }, query: { diagnosis: full.value } }), (e) => e.doc === id);
	return (
		<Page title={w.title} of={live} up="/" middle={<Whom person={live.data?.patient} />}>
			{(r) => (
				<div class="stack-l" data-test="receipt">
					<Head>{w.title}</Head>
					<article class="sheetpage">
						<header>
							<div>
								<h2>{r.name}</h2>
								{r.diagnosis && <p class="sub2">{r.diagnosis}</p>}
							</div>
							<p class="sub2 num">
								{w.number(r.number)}
								<br />
								{date(r.paid_at)}
							</p>
						</header>
						<dl class="sum">
							{r.lines.map((l) => (
								<div key={l.kind} class="as-is">
									<dt>
										{w.kinds[l.kind]}
										{l.party && <span class="sub2"> {w.by(l.party)}</span>}
									</dt>
									<dd>{money(l.paid)}</dd>
								</div>
							))}
							<div class="as-is">
								<dt class="t">{w.paid}</dt>
								<dd class="t">{money(r.paid)}</dd>
							</div>
							{r.refunds.map((x) => (
								<div key={x.at} class="as-is">
									<dt>
										{w.refund} {date(x.at)}
									</dt>
									<dd>{money({ ...x.amount, minor: -x.amount.minor })}</dd>
								</div>
							))}
							{r.net && r.refunds.length > 0 && (
								<div class="as-is">
									<dt class="t">{w.net}</dt>
									<dd class="t">{money(r.net)}</dd>
								</div>
							)}
						</dl>
					</article>
					<Tick on={full.value} onPick={(on) => (full.value = on)}>
						{w.withDiagnosis}
					</Tick>
					<Btn icon="printer" onPress={() => window.print()}>
						{w.print}
					</Btn>
					<Invoices payment={id} />
				</div>
			)}
		</Page>
	);
}

/** Invoices of the payment, each with its credit notes, to keep as a file. */
function Invoices({ payment }: { payment: string }) {
	const w = words().receipt;
	const live = useLive(`invoices ${payment}`, () => call("GET /payments/{id}/invoices", { path: { id: payment } }), (e) => e.doc === payment);
	const all = live.data?.items ?? [];
	if (all.length === 0) return <Trouble problem={live.problem} />;
	return (
		<section class="stack" data-test="invoices">
			<h2>{w.invoices}</h2>
			<Lines label={w.invoices}>
				{all.map((i) => (
					<div key={i.id}>
						<span class="stretch">
							<b>{i.kind === "invoice" ? w.invoice : w.creditNote}</b>
							<span class="g num">
								{w.number(i.number)}, {i.issuer}
							</span>
							<br />
							<span class="g num">{money(i.kind === "invoice" ? i.total : { ...i.total, minor: -i.total.minor })}</span>
						</span>
						<span class="end">
							<Go small icon="download" to={`/api/v1/invoices/${i.id}/paper?language=${language.value}`} out label={`${w.pdf}: ${i.kind === "invoice" ? w.invoice : w.creditNote} ${i.number}, ${i.issuer}`} test="invoice-pdf">
								{w.pdf}
							</Go>
						</span>
					</div>
				))}
			</Lines>
		</section>
	);
}

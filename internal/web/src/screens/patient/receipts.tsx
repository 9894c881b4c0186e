import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Empty, Line, Lines } from "../../parts/list";
import { Head, Page } from "../../parts/page";
import { date, listed, money } from "../../words/say";
import { words } from "./more-words";
import { words as orderWords } from "./order-words";
import { Top } from "./people";

/** All receipts of one person. */
export default function Receipts({ person }: { person: string }) {
	const w = words().me;
	const live = useLive(`receipts ${person}`, () => call("GET /patients/{id}/receipts", { path: { id: person }, query: { limit: 100 } }));
	return (
		<Page title={w.receipts} of={live} top={<Top person={person} />}>
			{(d) => (
				<div class="stack-l">
					<Head>{w.receipts}</Head>
					{d.items.length === 0 && (
						<Empty drawing="paper">
							<p>{w.emptyReceipts}</p>
						</Empty>
					)}
					<Lines>
						{d.items.map((r) => (
							<Line key={r.payment} to={`/receipt/${r.payment}`} icon="receipt" title={listed(r.lines.map((l) => orderWords().receipt.kinds[l.kind]))} sub={date(r.paid_at)} end={money(r.net ?? r.paid)} />
						))}
					</Lines>
				</div>
			)}
		</Page>
	);
}

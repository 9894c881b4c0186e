import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Empty, Line, Lines } from "../../parts/list";
import { Head, Page } from "../../parts/page";
import { when } from "../../words/say";
import { counter, short } from "./place";
import { words } from "./words";

/** Records: what this pharmacy had, the newest first. A bag that came back is settled from here. */
export default function Records() {
	const w = words();
	const id = counter();
	const past = useLive(`past ${id}`, () => call("GET /pharmacies/{id}/past-fills", { path: { id }, query: { limit: 100 } }));
	return (
		<Page title={w.records} of={past} plain>
			{({ items }) => (
				<>
					<Head>{w.records}</Head>
					{items.length === 0 && (
						<Empty drawing="paper">
							<p>{w.noRecords}</p>
						</Empty>
					)}
					<section>
						<Lines label={w.records}>
							{items.map((f) => (
								<Line key={f.fill} to={`/p/order/${f.fill}`} title={short(f.order)} sub={`${when(f.since)} · ${w.how[f.fulfilment]}`} end={w.stage[f.state]} />
							))}
						</Lines>
					</section>
				</>
			)}
		</Page>
	);
}

import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { me } from "../../client/session";
import { Empty, Line, Lines } from "../../parts/list";
import { Head, Page } from "../../parts/page";
import { type Amount, money, when } from "../../words/say";
import { words } from "./words";

/** Earnings: each job with what it brought, today's sum above. */
export default function Earnings() {
	const w = words();
	const id = me.value?.id ?? "";
	const earned = useLive("earnings", () => call("GET /couriers/{id}/earnings", { path: { id }, query: { limit: 100 } }));
	return (
		<Page title={w.earnings} of={earned}>
			{({ items }) => {
				const today = items.filter((e) => new Date(e.at).toDateString() === new Date().toDateString());
				const sum = today.reduce<Amount | undefined>((s, e) => ({ currency: e.pay.currency, minor: (s?.minor ?? 0) + e.pay.minor + e.tip.minor }), undefined);
				return (
					<>
						<Head>{sum ? money(sum) : w.earnings}</Head>
						{sum && <p class="hint">{w.sum}</p>}
						{items.length === 0 && (
							<Empty drawing="bag">
								<p>{w.noEarnings}</p>
							</Empty>
						)}
						<section data-test="earned">
							<Lines label={w.earnings}>
								{items.map((e) => (
									<Line
										key={e.job}
										icon={e.state === "delivered" ? "package-check" : "undo-2"}
										title={e.state === "delivered" ? w.delivered : w.returned}
										sub={[when(e.at), e.thanked && w.thanked, e.tip.minor > 0 && w.tip(money(e.tip))].filter(Boolean).join(" · ")}
										end={money(e.pay)}
									/>
								))}
							</Lines>
						</section>
					</>
				);
			}}
		</Page>
	);
}

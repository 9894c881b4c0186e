import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn, Go } from "../../parts/button";
import { Area, Options } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { money } from "../../words/say";
import { orNothing } from "./facts";
import { words } from "./order-words";
import { CardPick } from "./pay";
import { Whom } from "./people";

/** Thanks, a rating and a tip; each by itself, and all of it may be skipped. */
export default function Thanks({ id }: { id: string }) {
	const w = words().thanks;
	const live = useLive(`thanks ${id}`, async () => ({ order: await call("GET /orders/{id}", { path: { id } }), tips: (await orNothing(call("GET /orders/{id}/tips", { path: { id } }), { items: [] })).items }));
	const s = useSignal({ stars: "", words: "", thanked: false, tip: "", card: "card_ok" });
	const set = (more: Partial<typeof s.value>) => (s.value = { ...s.value, ...more });
	const thank = useAct(async (key) => {
		await call("POST /orders/{id}/delivery/thanks", { key, path: { id } });
		set({ thanked: true });
	});
	const rate = useAct(async (key) => {
		await call("POST /orders/{id}/rating", { key, path: { id }, body: { stars: Number(s.value.stars), words: s.value.words.trim() || undefined } });
		await live.reload();
	});
	const currency = live.data?.order.total.currency ?? "CNY";
	const tip = useAct(async (key) => {
		await call("POST /orders/{id}/tips", { key, path: { id }, body: { amount: { minor: Number(s.value.tip), currency }, method: s.value.card } });
		set({ tip: "" });
		await live.reload();
	});
	return (
		<Page title={w.title} of={live} up={`/order/${id}`} middle={<Whom person={live.data?.order.patient} />} foot={<Go wide to={live.data ? `/for/${live.data.order.patient}` : "/"}>{w.skip}</Go>}>
			{(d) => {
				const given = d.tips.filter((t) => t.state !== "refused");
				return (
					<div class="stack-l" data-test="thanks-page">
						<Head>{w.title}</Head>
						<section class="stack">
							<Btn wide icon={s.value.thanked ? "check" : "heart"} busy={thank.busy} off={s.value.thanked} onPress={() => void thank()} test="thank">
								{s.value.thanked ? w.thanked : w.thank}
							</Btn>
							<Trouble problem={thank.problem} />
						</section>
						<section class="card stack-l">
							{d.order.rated ? (
								<Notice kind="ok">{w.rated}</Notice>
							) : (
								<>
									<Options legend={w.stars} value={s.value.stars} onPick={(stars) => set({ stars })} of={["1", "2", "3", "4", "5"].map((value) => ({ value, text: w.star(Number(value)) }))} test="stars" />
									<Area label={w.words} value={s.value.words} onType={(v) => set({ words: v })} rows={3} max={2000} />
									<Trouble problem={rate.problem} />
									<Btn kind="main" wide busy={rate.busy} off={!s.value.stars} onPress={() => void rate()} test="rate">
										{w.rate}
									</Btn>
								</>
							)}
						</section>
						{d.order.fulfilment === "courier" && (
							<section class="card stack-l">
								{given.length > 0 && given[0] ? (
									<Notice kind="ok">{w.given(money(given[0].due))}</Notice>
								) : (
									<>
										<Options legend={w.tip} value={s.value.tip} onPick={(v) => set({ tip: v })} of={[{ value: "", text: w.none }, ...["200", "500", "1000"].map((value) => ({ value, text: money({ minor: Number(value), currency }) }))]} test="tip" />
										{s.value.tip && (
											<>
												<CardPick value={s.value.card} onPick={(card) => set({ card })} />
												<Trouble problem={tip.problem} />
												<Btn kind="main" wide busy={tip.busy} onPress={() => void tip()} test="give-tip">
													{w.give(money({ minor: Number(s.value.tip), currency }))}
												</Btn>
											</>
										)}
									</>
								)}
							</section>
						)}
					</div>
				);
			}}
		</Page>
	);
}

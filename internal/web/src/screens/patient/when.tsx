import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { go } from "../../client/router";
import { Btn, Go } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { money } from "../../words/say";
import { minutesOf } from "./facts";
import { CardPick } from "./pay";
import { Whom } from "./people";
import { words } from "./visit-words";

/** Now or later: what it costs, how long the wait honestly is, or a time. */
export default function When({ id }: { id: string }) {
	const w = words().when;
	const live = useLive(`when ${id}`, async () => {
		const intake = await call("GET /intakes/{id}", { path: { id } });
		const visits = (await call("GET /patients/{id}/visits", { path: { id: intake.patient } })).items;
		const made = visits.find((v) => v.intake === id && v.state !== "cancelled");
		return { intake, made, offer: made ? undefined : await call("POST /visits/offer", { body: { intake: id } }) };
	}, undefined, 20_000);
	const card = useSignal("card_ok");
	const queue = useAct(async (key) => {
		const offer = live.data?.offer;
		if (!offer) return;
		const v = await call("POST /visits", { key, body: { intake: id, agreed: offer.terms.fee, method: card.value } });
		go(`/visit/${v.id}/wait`, true);
	});
	const made = live.data?.made;
	if (made) {
		queueMicrotask(() => go(`/visit/${made.id}/wait`, true));
	}
	const offer = live.data?.offer;
	const none = offer && offer.wait.doctors === 0;
	return (
		<Page
			title={w.title}
			of={live}
			up={live.data ? `/for/${live.data.intake.patient}` : "/"}
			middle={<Whom person={live.data?.intake.patient} />}
			foot={
				offer && (
					<>
						<Trouble problem={queue.problem} />
						{!none && (
							<Btn kind="main" wide busy={queue.busy} onPress={() => void queue()} test="queue">
								{w.join(money(offer.terms.fee))}
							</Btn>
						)}
						<Go kind={none ? "main" : "more"} wide icon="calendar" to={`/intake/${id}/times`} test="later">
							{w.later}
						</Go>
					</>
				)
			}
		>
			{({ offer: o }) =>
				o ? (
					<>
						<Head>{w.title}</Head>
						<section class="card stack">
							{none ? (
								<Notice kind="warn" live>
									{w.none}
								</Notice>
							) : (
								<div aria-live="polite">
									<h2>{w.now}</h2>
									<div class="clock">
										<b>{minutesOf(o.wait.median_seconds)}</b>
										<span>{w.min}</span>
									</div>
									<p>{w.place(o.wait.position)}</p>
									{o.wait.known && minutesOf(o.wait.high_seconds) > minutesOf(o.wait.low_seconds) && <p class="sub num">{w.wait(minutesOf(o.wait.median_seconds), minutesOf(o.wait.low_seconds), minutesOf(o.wait.high_seconds))}</p>}
									<p class="sub num">{w.basis(o.wait.measured)}</p>
								</div>
							)}
						</section>
						<section class="stack">
							<p>{w.fee(money(o.terms.fee))}</p>
							{o.terms.no_show.minor > 0 && <p class="sub">{w.noShow(money(o.terms.no_show))}</p>}
							<CardPick value={card.value} onPick={(v) => (card.value = v)} />
						</section>
					</>
				) : null
			}
		</Page>
	);
}

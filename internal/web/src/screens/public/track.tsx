import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { TrackedView } from "../../api.gen";
import { Failure, failureOf } from "../../client/problem";
import { Clock } from "../../parts/clock";
import { Notice, Trouble } from "../../parts/notice";
import { Ghost, Head, Page } from "../../parts/page";
import { Shell } from "../../parts/shell";
import { time } from "../../words/say";
import { OrderMap } from "../patient/ordercard";
import { words } from "../patient/order-words";

/** What who receives may see: where the bag is and when it comes. No PIN, no name but the courier's. */
export default function Track() {
	const w = words().track;
	const live = useSignal<TrackedView | undefined>(undefined);
	const problem = useSignal<unknown>(undefined);
	useEffect(() => {
		const token = location.hash.slice(1);
		const load = async () => {
			try {
				const r = await fetch("/api/v1/track", { headers: { "Tracking-Token": token }, cache: "no-store" });
				if (!r.ok) throw await failureOf(r);
				live.value = (await r.json()) as TrackedView;
				problem.value = undefined;
			} catch (err) {
				problem.value = err instanceof Failure ? err : new Failure(0, "away", "");
				if (err instanceof Failure) live.value = undefined;
			}
		};
		void load();
		const timer = setInterval(() => !document.hidden && void load(), 5000);
		return () => clearInterval(timer);
	}, []);
	const t = live.value;
	const gone = problem.value instanceof Failure && !problem.value.away;
	return (
		<Shell tabs={[]}>
			<Page title={w.title}>
				{gone ? (
					<div data-test="track-gone">
						<Head>{w.gone}</Head>
						<p class="hint">{w.goneHint}</p>
					</div>
				) : !t ? (
					problem.value ? (
						<>
							<Head>{w.title}</Head>
							<Trouble problem={problem.value} />
						</>
					) : (
						<Ghost />
					)
				) : (
					<div class="stack-l" data-test="track" data-state={t.state}>
						<div role="status">
							<Head key={t.state}>{t.state === "delivered" ? w.done : t.arrives ? w.arrives(time(t.arrives)) : w.title}</Head>
						</div>
						{t.state !== "delivered" && (t.arrives ? <Clock until={t.arrives} /> : <p class="hint">{w.nobody}</p>)}
						<div class="card flush">
							<OrderMap track={t} tall />
						</div>
						<Notice>{w.hint}</Notice>
					</div>
				)}
			</Page>
		</Shell>
	);
}

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Empty, Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { when } from "../../words/say";
import { words } from "./words";

/** Stuck: events that a part of the service could not deal with; sent again from here. */
export default function Stuck() {
	const w = words();
	const list = useLive("stuck", () => call("GET /stuck-events"), () => true, 15_000);
	const again = useAct(async (key, number: number) => {
		await call("POST /stuck-events/{number}/replay", { key, path: { number } });
		await list.reload();
	});
	return (
		<Page title={w.stuck} of={list} plain>
			{({ items }) => (
				<>
					<Head>{w.stuck}</Head>
					<p class="hint">{w.stuckHint}</p>
					<section class="stack">
						<Trouble problem={again.problem} />
						{items.length === 0 && (
							<Empty>
								<p>{w.noStuck}</p>
							</Empty>
						)}
						<Lines>
							{items.map((s) => (
								<div key={s.number}>
									<span class="stretch break">
										<b>{s.kind}</b>
										<span class="g num">
											{[s.consumer, s.document, when(s.at), w.tries(s.tries)].join(" · ")}
											<br />
											{s.cause}
										</span>
									</span>
									<Btn small busy={again.busy} onPress={() => void again(s.number)} test="replay">
										{w.again}
									</Btn>
								</div>
							))}
						</Lines>
					</section>
				</>
			)}
		</Page>
	);
}

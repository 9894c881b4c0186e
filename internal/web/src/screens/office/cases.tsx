import { useSignal } from "@preact/signals";

import type { CaseView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Options } from "../../parts/field";
import { Empty, Line, Lines } from "../../parts/list";
import { Head, Page } from "../../parts/page";
import { when } from "../../words/say";
import { words } from "./words";

const states = ["waiting_for_support", "open", "waiting_for_person", "resolved", "closed"] as const;

/** Cases: what people have reported, by whose turn it is. */
export default function Cases() {
	const w = words();
	const state = useSignal<CaseView["state"]>("open");
	const list = useLive(`no-keep cases ${state.value}`, () => call("GET /cases", { query: { state: state.value, limit: 100 } }), (e) => e.kind.startsWith("case."));
	return (
		<Page title={w.cases} of={list} plain>
			{({ items }) => (
				<>
					<Head>{w.cases}</Head>
					<section class="stack">
						<Options legend={w.cases} hideLegend value={state.value} onPick={(s) => (state.value = s)} of={states.map((value) => ({ value, text: w.caseStates[value] }))} test="case-state" />
						{items.length === 0 && (
							<Empty>
								<p>{w.noCases}</p>
							</Empty>
						)}
						<Lines>
							{items.map((c) => (
								<Line key={c.id} to={`/o/case/${c.id}`} icon="headset" title={w.categories[c.category] ?? c.category} sub={[when(c.created_at), c.overdue && w.overdue].filter(Boolean).join(" · ")} test="case" />
							))}
						</Lines>
					</section>
				</>
			)}
		</Page>
	);
}

import { useSignal } from "@preact/signals";

import type { IntakeView, VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { Page } from "../../parts/page";
import { useKeys } from "../../parts/keys";
import { Sheet } from "../../parts/sheet";
import { Chart } from "./chart";
import { Ending } from "./ending";
import { Notes } from "./notes";
import { Prescribe } from "./prescribe";
import { Room } from "./room";
import { Thread } from "./thread";
import { words } from "./words";

/** Seen is what a doctor needs of a visit at once. */
export interface Seen {
	visit: VisitView;
	intake: IntakeView;
}

type Side = "notes" | "prescribe" | "chat";

/** Visit: the call and chat, the chart, and notes and prescribing side by side; on less width behind tabs, the picture pinned. */
export default function Visit({ id }: { id: string }) {
	const w = words();
	const seen = useLive<Seen>(`no-keep visit ${id}`, () => load(id));
	const side = useSignal<Side>("notes");
	const keys = useSignal(false);
	useKeys({ t: () => (side.value = "notes"), p: () => (side.value = "prescribe"), c: () => document.getElementById("chart")?.focus(), "?": () => (keys.value = true) });
	return (
		<Page title={w.open} of={seen} plain wide up="/d">
			{(s) => (
				<div class="visit">
					<Room visit={s.visit} reload={seen.reload} />
					<Chart seen={s} reload={seen.reload} />
					<section class="side">
						<div class="sides" role="tablist">
							{(["notes", "prescribe", "chat"] as const).map((k) => (
								<button key={k} type="button" role="tab" aria-selected={side.value === k} onClick={() => (side.value = k)} data-test={`side-${k}`}>
									{w[k]}
									{k !== "chat" && <kbd class="kbd">{k === "notes" ? "T" : "P"}</kbd>}
								</button>
							))}
						</div>
						<div role="tabpanel">
							{side.value === "notes" && <Notes visit={s.visit} />}
							{side.value === "prescribe" && <Prescribe visit={s.visit} />}
							{side.value === "chat" && <Thread visit={s.visit} />}
						</div>
						{s.visit.state === "booked" || s.visit.state === "waiting" ? <Admit visit={s.visit} reload={seen.reload} /> : <Ending visit={s.visit} reload={seen.reload} brief={side.value !== "notes"} />}
					</section>
					<Sheet title={w.keys} open={keys.value} onClose={() => (keys.value = false)}>
						<dl class="facts">
							{w.keyList.map(([k, what]) => (
								<>
									<dt>
										<kbd class="kbd">{k}</kbd>
									</dt>
									<dd>{what}</dd>
								</>
							))}
						</dl>
					</Sheet>
				</div>
			)}
		</Page>
	);
}

async function load(id: string): Promise<Seen> {
	const visit = await call("GET /visits/{id}", { path: { id } });
	return { visit, intake: await call("GET /intakes/{id}", { path: { id: visit.intake } }) };
}

function Admit({ visit, reload }: { visit: VisitView; reload: () => Promise<void> }) {
	const w = words();
	const admit = useAct(async (key) => {
		await call("POST /visits/{id}/admit", { key, path: { id: visit.id } });
		await reload();
	});
	return (
		<div class="stack">
			{visit.fee_state === "refused" && <Notice kind="warn">{visit.fee_state}</Notice>}
			<Trouble problem={admit.problem} />
			<Btn kind="main" wide icon="video" busy={admit.busy} onPress={() => void admit()} test="admit">
				{w.admit}
			</Btn>
		</div>
	);
}

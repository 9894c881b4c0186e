import { useSignal } from "@preact/signals";

import type { VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { go } from "../../client/router";
import { Btn } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { saveNotes } from "./notes";
import { words } from "./words";

/** Ending completes a visit, or sends it where it belongs. */
export function Ending({ visit, reload, brief }: { visit: VisitView; reload: () => Promise<void>; brief?: boolean }) {
	const w = words();
	const open = useSignal<"" | "redirect">("");
	const complete = useAct(async (key) => {
		await saveNotes(visit.id);
		await call("POST /visits/{id}/complete", { key, path: { id: visit.id } });
		await reload();
	});
	const redirect = useAct(async (key, reason: string) => {
		await call("POST /visits/{id}/redirect", { key, path: { id: visit.id }, body: { reason } });
		open.value = "";
		await reload();
	});
	const hand = useAct(async (key) => {
		await call("POST /visits/{id}/hand-over", { key, path: { id: visit.id }, body: {} });
		go("/d");
	});
	if (visit.state !== "in_progress") return <Notice kind="ok">{visit.state === "completed" ? w.done : visit.state}</Notice>;
	return (
		<div class={`stack ending ${brief ? "brief" : ""}`}>
			<Trouble problem={complete.problem ?? redirect.problem ?? hand.problem} />
			<Btn kind={brief ? "more" : "main"} small={!!brief} wide={!brief} icon="circle-check" busy={complete.busy} onPress={() => void complete()} test="complete">
				{w.complete}
			</Btn>
			{!brief && <p class="sub">{w.completeHint}</p>}
			<div class="acts-row">
				<Btn small onPress={() => (open.value = "redirect")} test="redirect">
					{w.redirect}
				</Btn>
				<Btn small busy={hand.busy} onPress={() => void hand()}>
					{w.handOver}
				</Btn>
			</div>
			<Sheet title={w.redirect} open={open.value === "redirect"} onClose={() => (open.value = "")}>
				<div class="stack">
					{(Object.keys(w.redirects) as (keyof typeof w.redirects)[]).map((r) => (
						<Btn key={r} wide busy={redirect.busy} onPress={() => void redirect(r)}>
							{w.redirects[r]}
						</Btn>
					))}
				</div>
			</Sheet>
		</div>
	);
}

import { useSignal } from "@preact/signals";

import type { ApplicationView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Field, Options } from "../../parts/field";
import { Empty, Line, Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { date, when } from "../../words/say";
import { words } from "./words";

type State = ApplicationView["state"];
type Paper = keyof ReturnType<typeof words>["paperKinds"];
const states: readonly State[] = ["submitted", "reviewing", "asked", "approved", "suspended", "refused", "expired"];

/** Vetting: papers beside the form; nobody acts unvetted. */
export default function Vetting() {
	const w = words();
	const state = useSignal<State>("submitted");
	const chosen = useSignal("");
	const list = useLive(`no-keep applications ${state.value}`, () => call("GET /applications", { query: { state: state.value, limit: 100 } }), (e) => e.kind.startsWith("application."));
	return (
		<Page title={w.vetting} of={list} plain wide>
			{({ items }) => {
				const one = items.find((a) => a.id === chosen.value);
				return (
					<>
						<Head>{w.vetting}</Head>
						<section>
							<Options legend={w.vetting} hideLegend value={state.value} onPick={(s) => (state.value = s)} of={states.map((value) => ({ value, text: w.apps[value] }))} test="apps" />
						</section>
						<div class="cols">
							<section>
								{items.length === 0 && (
									<Empty drawing="paper">
										<p>{w.noApps}</p>
									</Empty>
								)}
								<Lines>
									{items.map((a) => (
										<Line key={a.id} icon={a.kind === "courier" ? "bike" : a.kind === "doctor" ? "stethoscope" : "store"} title={w.kinds[a.kind]} sub={[a.licence, when(a.created_at)].filter(Boolean).join(" · ")} onPress={() => (chosen.value = a.id)} test="application" />
									))}
								</Lines>
							</section>
							{one && <One key={one.id} of={one} reload={list.reload} />}
						</div>
					</>
				);
			}}
		</Page>
	);
}

function One({ of: a, reload }: { of: ApplicationView; reload: () => Promise<void> }) {
	const w = words();
	const wanted = useSignal<Paper[]>([]);
	const reason = useSignal("");
	const path = { id: a.id };
	const step = useAct(async (key, what: "review" | "approve" | "ask" | "refuse" | "suspend" | "reinstate") => {
		const coded = { reason: reason.value.trim() || "papers" };
		switch (what) {
			case "ask":
				await call("POST /applications/{id}/ask", { key, path, body: { wanted: wanted.value } });
				break;
			case "refuse":
				await call("POST /applications/{id}/refuse", { key, path, body: coded });
				break;
			case "suspend":
				await call("POST /applications/{id}/suspend", { key, path, body: coded });
				break;
			case "review":
				await call("POST /applications/{id}/review", { key, path });
				break;
			case "approve":
				await call("POST /applications/{id}/approve", { key, path });
				break;
			default:
				await call("POST /applications/{id}/reinstate", { key, path });
		}
		await reload();
	});
	return (
		<section class="card stack-l" data-test="one-application">
			<h2>{w.kinds[a.kind]}</h2>
			<p class="sub break">{[a.licence && `${w.licence} ${a.licence}`, a.specialties.join(", "), a.languages.join(", "), a.jurisdictions.join(", ")].filter(Boolean).join(" · ")}</p>
			<Lines label={w.papers}>
				{a.papers.map((p) => (
					<Line key={p.number} icon="file-text" title={w.paperKinds[p.kind]} sub={p.valid_until ? w.until(date(p.valid_until)) : w.noEnd} />
				))}
			</Lines>
			<Trouble problem={step.problem} />
			{a.state === "submitted" && (
				<Btn kind="main" wide busy={step.busy} onPress={() => void step("review")} test="review">
					{w.review}
				</Btn>
			)}
			{a.state === "reviewing" && (
				<>
					<Btn kind="main" wide busy={step.busy} onPress={() => void step("approve")} test="approve">
						{w.approve}
					</Btn>
					<Options many legend={w.wanted} value={wanted.value} onPick={(v) => (wanted.value = v)} of={(Object.keys(w.paperKinds) as Paper[]).map((value) => ({ value, text: w.paperKinds[value] }))} test="wanted" />
					<Btn wide busy={step.busy} off={wanted.value.length === 0} onPress={() => void step("ask")} test="ask-papers">
						{w.ask}
					</Btn>
					<Field label={w.reason} value={reason.value} onType={(v) => (reason.value = v)} max={40} />
					<Btn kind="stop" wide busy={step.busy} off={!reason.value.trim()} onPress={() => void step("refuse")}>
						{w.refuse}
					</Btn>
				</>
			)}
			{a.state === "approved" && (
				<>
					<Field label={w.reason} value={reason.value} onType={(v) => (reason.value = v)} max={40} />
					<Btn kind="stop" wide busy={step.busy} off={!reason.value.trim()} onPress={() => void step("suspend")}>
						{w.suspend}
					</Btn>
				</>
			)}
			{a.state === "suspended" && (
				<Btn kind="main" wide busy={step.busy} onPress={() => void step("reinstate")}>
					{w.reinstate}
				</Btn>
			)}
		</section>
	);
}

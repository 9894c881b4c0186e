import { useSignal } from "@preact/signals";

import type { GuestLink, VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn, Go } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { saidOf } from "../../parts/said";
import { admit, Stage } from "../../parts/stage";
import { time } from "../../words/say";
import { guestNames } from "../patient/facts";
import { words } from "./words";

/** Room is the call's place beside the chart: the picture, who is there, a link for a guest, and its end. */
export function Room({ visit, reload }: { visit: VisitView; reload: () => Promise<void> }) {
	const w = words();
	const link = useSignal<GuestLink | undefined>(undefined);
	const invite = useAct(async (key) => void (link.value = await call("POST /visits/{id}/guests", { key, path: { id: visit.id }, body: { as: "family" } })));
	const recorded = useLive(`no-keep recordings ${visit.id}`, () => call("GET /visits/{id}/recordings", { path: { id: visit.id } }), undefined, 15_000);
	const some = (recorded.data?.items.length ?? 0) > 0 && (
		<Go small icon="video" to={`/d/visit/${visit.id}/recordings`} test="recordings">
			{w.recordings}
		</Go>
	);
	if (visit.state !== "in_progress")
		return (
			<section class="room acts-row">
				{some}
				{visit.admitted_at && <Written visit={visit.id} />}
			</section>
		);
	return (
		<section class="room stack" aria-label={w.call}>
			<Inside visit={visit} reload={reload} />
			<div class="acts-row">
				<p class="now stretch">
					<i class="dot" />
					{visit.there ? w.there : visit.here ? w.here : w.away}
				</p>
				{some}
				<Btn small icon="user-plus" busy={invite.busy} onPress={() => void invite()} test="invite">
					{w.invite}
				</Btn>
			</div>
			{link.value && (
				<Notice>
					<span class="break" data-test="guest-link">{`${location.origin}/g#${link.value.token}`}</span>
					<p class="sub num">{time(link.value.until)}</p>
				</Notice>
			)}
			<Trouble problem={invite.problem} />
		</section>
	);
}

/** Written leads to what was written and sent in the call, where there is anything. */
function Written({ visit }: { visit: string }) {
	const said = useLive(`no-keep some said ${visit}`, () => saidOf(visit), () => false, 0);
	if (!said.data) return null;
	return (
		<Go small icon="message-square" to={`/d/visit/${visit}/said`} test="said">
			{words().said}
		</Go>
	);
}

/** Inside is the call itself, from the moment the visit is open; one that has ended can be opened anew. */
function Inside({ visit, reload }: { visit: VisitView; reload: () => Promise<void> }) {
	const w = words();
	const over = useSignal("");
	const round = useSignal(0);
	if (over.value)
		return (
			<div class="stack" data-test="call-over">
				<p>{over.value === "taken_over" ? w.takenOver : w.callOver}</p>
				<Btn
					icon="video"
					onPress={() => {
						over.value = "";
						round.value++;
					}}
					test="back-to-call"
				>
					{w.backToCall}
				</Btn>
			</div>
		);
	return (
		<div class="callbox">
			<Stage
				key={round.value}
				name={visit.id}
				ticket={() => admit(visit.id)}
				visit={visit.id}
				title={visit.patient_name ?? w.call}
				ends
				inset
				names={guestNames(visit)}
				onOver={(reason) => {
					over.value = reason || "ended";
					void reload();
				}}
			/>
		</div>
	);
}

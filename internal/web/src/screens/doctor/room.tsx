import { useSignal } from "@preact/signals";

import type { GuestLink, VisitView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { Btn } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { time } from "../../words/say";
import { words } from "./words";

/** Room is the call's place beside the chart: who is there, a link for a guest, and its end. */
export function Room({ visit, reload }: { visit: VisitView; reload: () => Promise<void> }) {
	const w = words();
	const link = useSignal<GuestLink | undefined>(undefined);
	const invite = useAct(async (key) => void (link.value = await call("POST /visits/{id}/guests", { key, path: { id: visit.id }, body: { as: "family" } })));
	const end = useAct(async (key) => {
		await call("POST /visits/{id}/call/end", { key, path: { id: visit.id } });
		await reload();
	});
	if (visit.state !== "in_progress") return <section class="room" />;
	return (
		<section class="room stack" aria-label={w.call}>
			<p class="now">
				<i class="dot" />
				{visit.there ? w.there : visit.here ? w.here : w.away}
			</p>
			<div class="acts-row">
				<Btn small icon="user-plus" busy={invite.busy} onPress={() => void invite()}>
					{w.invite}
				</Btn>
				<Btn small kind="stop" icon="phone-off" busy={end.busy} onPress={() => void end()}>
					{w.endCall}
				</Btn>
			</div>
			{link.value && (
				<Notice>
					<span class="break">{`${location.origin}/g#${link.value.token}`}</span>
					<p class="sub num">{time(link.value.until)}</p>
				</Notice>
			)}
			<Trouble problem={invite.problem ?? end.problem} />
		</section>
	);
}

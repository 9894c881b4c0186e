import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { NextView } from "../../api.gen";
import { call, online } from "../../client/call";
import { useLive } from "../../client/live";
import { ready } from "../../client/sound";
import { Notice, Trouble } from "../../parts/notice";
import { Btn } from "../../parts/button";
import { Page } from "../../parts/page";
import { sentence } from "../../client/problem";
import { Failure } from "../../client/problem";
import { Offer } from "./offer";
import { useAwake, useWatched } from "./phone";
import { ahead, rides } from "./ride";
import { Riding } from "./riding";
import { OffShift, Waiting } from "./shift";
import { words } from "./words";

/** Now: a courier's one next step, and nothing else. */
export default function Now() {
	const w = words();
	const ride = useLive<NextView>("ride", () => call("GET /ride"), () => true, 20_000);
	const opened = useSignal(false);
	useEffect(() => {
		void rides.open().then(() => {
			opened.value = true;
			void rides.flush();
		});
	}, []);
	// Saved steps are sent when the network is back, and what the server says then is shown.
	const waiting = rides.steps.value;
	useEffect(() => {
		if (online.value && waiting.some((s) => !s.refused)) void rides.flush().then(() => ride.reload());
	}, [online.value, waiting.length]);
	useEffect(() => {
		document.addEventListener("pointerdown", ready, { once: true }); // after a reload the first press lets an offer ring
		return () => document.removeEventListener("pointerdown", ready);
	}, []);
	const on = ride.data !== undefined && ride.data.todo !== "start_shift";
	useWatched(on);
	useAwake(on && ride.data?.todo !== "wait");
	return (
		<Page title={w.now} of={ride} top={<Saved />}>
			{(next) => {
				const now = ahead(next, waiting);
				return (
					<>
						<Refused />
						{body(now, ride.put, ride.reload)}
						{ride.problem instanceof Failure && !ride.problem.away && <Trouble problem={ride.problem} again={() => void ride.reload()} />}
					</>
				);
			}}
		</Page>
	);
}

function body(now: NextView, put: (n: NextView) => void, reload: () => Promise<void>) {
	switch (now.todo) {
		case "start_shift":
			return <OffShift reload={reload} />;
		case "wait":
			return <Waiting reload={reload} />;
		case "answer_offer":
			return <Offer key={now.job} now={now} put={put} reload={reload} />;
		default:
			return <Riding key={`${now.job} ${now.todo}`} now={now} put={put} />;
	}
}

/** Saved says how many steps wait on the phone. */
function Saved() {
	const w = words();
	const n = rides.steps.value.filter((s) => !s.refused).length;
	if (n === 0) return null;
	return (
		<div class="offline num" role="status" data-test="saved-steps">
			<span>{w.saved(n)}</span>
		</div>
	);
}

/** Refused shows each step that the server did not take, until it was read. */
function Refused() {
	const w = words();
	const refused = rides.steps.value.filter((s) => s.refused);
	if (refused.length === 0) return null;
	return (
		<div class="stack">
			{refused.map((s) => (
				<Notice key={s.place} kind="warn" live test="refused-step">
					<b>{w.refusedTitle}</b>
					{sentence(new Failure(s.refused?.status ?? 409, s.refused?.code ?? "", s.refused?.detail ?? ""))}
					<div>
						<Btn small onPress={() => void rides.drop(s.place)} test="refused-seen">
							{w.seen}
						</Btn>
					</div>
				</Notice>
			))}
		</div>
	);
}


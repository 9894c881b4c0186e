import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { Failure } from "../../client/problem";
import { go } from "../../client/router";
import { Btn, Go } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { admit, Stage } from "../../parts/stage";
import { doctorName, guestNames, isOver } from "./facts";
import { words as homeWords } from "./home-words";
import { Invite } from "./wait";
import { words } from "./visit-words";

/** The call of a visit. The page may be left, reloaded or lost: the place is kept until the doctor ends it. */
export default function CallOf({ id }: { id: string }) {
	const w = words().call;
	const now = useNow(1000);
	const live = useLive(`call ${id}`, async () => {
		const visit = await call("GET /visits/{id}", { path: { id } });
		return { visit, doctor: await doctorName(visit.doctor) };
	});
	const over = useSignal<string>("");
	const round = useSignal(0);
	const v = live.data?.visit;
	useEffect(() => {
		if (v && isOver(v)) go(`/visit/${id}`, true);
		if (v && (v.state === "waiting" || v.state === "booked")) go(`/visit/${id}/wait`, true);
	}, [v?.state]);
	const ticket = async () => {
		try {
			return await admit(id);
		} catch (err) {
			if (err instanceof Failure && err.status === 409) void live.reload();
			throw err;
		}
	};
	if (!live.data || !v || over.value || v.state !== "in_progress")
		return (
			<Page title={w.title} of={live} up={`/visit/${id}`}>
				{over.value ? (
					<div class="stack-l" data-test="call-over">
						<Head>{over.value === "taken_over" ? w.overTaken : w.over}</Head>
						{over.value === "no_ticket" && <Notice kind="warn">{w.closed}</Notice>}
						<Btn
							kind="main"
							wide
							icon="video"
							onPress={() => {
								over.value = "";
								round.value++;
							}}
							test="back-to-call"
						>
							{w.back}
						</Btn>
						<Go wide to={`/visit/${id}`}>
							{w.toVisit}
						</Go>
						<Trouble problem={live.problem} />
					</div>
				) : undefined}
			</Page>
		);
	const since = v.admitted_at ? Math.max(0, Math.floor((now - Date.parse(v.admitted_at)) / 1000)) : 0;
	const clock = `${String(Math.floor(since / 60)).padStart(2, "0")}:${String(since % 60).padStart(2, "0")}`;
	return (
		<main class="mid" id="main">
			<h1 class="sr" tabIndex={-1}>
				{w.title}
			</h1>
			<Stage key={round.value} name={id} visit={id} ticket={ticket} title={live.data.doctor || homeWords().doctor} sub={clock} onOver={(reason) => (over.value = reason || "ended")} more={<Invite visit={id} />} names={guestNames(v)} />
		</main>
	);
}

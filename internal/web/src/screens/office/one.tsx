import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { type Live, useNow } from "../../client/live";
import { Btn, IconBtn } from "../../parts/button";
import { Pick } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Trouble } from "../../parts/notice";
import { Shape } from "../../parts/shape";
import { ago, time } from "../../words/say";
import { Failed } from "./failed";
import { chain, type Row, said, type Town } from "./town";
import { words } from "./words";

type Why = keyof ReturnType<typeof words>["whys"];

/** One is an order with its chain and what can be done. */
export function One({ row: r, town, onClose }: { row: Row; town: Live<Town>; onClose: () => void }) {
	const w = words();
	const t = town.data;
	const s = said(r);
	const shift = t?.shifts.find((x) => x.courier === r.job?.courier);
	const steps = chain(r, t?.zones.find((z) => z.id === (r.job?.zone ?? r.order?.zone)));
	const due = r.order?.promise?.due_at ?? r.job?.deadline;
	const likely = due ? Date.parse(due) - r.slack * 1000 : 0;
	const open = r.left < 0 || r.slack < 240;
	return (
		<div class="stack" data-test="one-job">
			<div class="one-head">
				<p class={`when ${r.level}`}>
					<Shape level={r.level} />
					<b class="num">
						{s.late ? (r.left < 0 ? w.minLate(s.minutes) : w.likelyLate(s.minutes)) : w.minLeft(s.minutes)}, HC-{r.id.slice(-4).toUpperCase()}
					</b>
				</p>
				<IconBtn icon="x" label={w.shut} onPress={onClose} test="close-one" />
			</div>
			<h2 class="voice">{w.cause[r.cause]}</h2>
			<p class="sub">{[r.courier, r.pharmacy, shift?.last && w.position(ago(shift.last.at))].filter(Boolean).join(", ")}</p>
			{r.job?.failure && <Failed of={r.job.failure} />}
			<ol class="steps num">
				{steps.map((m, n) => (
					<li key={m.at + m.what} class={n === steps.length - 1 ? "here" : ""}>
						<span>{time(m.at)}</span>
						<i />
						<span>
							<b>
								{w.moment[m.what] ?? m.what}
								{m.took > 0 && `, ${w.tookMin(m.took)}`}
							</b>
							{m.budget > 0 && <span class={`sub ${m.took > m.budget ? "over" : ""}`}>{w.budgetMin(m.budget)}</span>}
						</span>
					</li>
				))}
				{likely > 0 && (
					<li class="to">
						<span>{time(likely)}</span>
						<i />
						<span>
							{w.likely}
							{due && (
								<span class="sub">
									{w.due} {time(due)}
								</span>
							)}
						</span>
					</li>
				)}
			</ol>
			{r.left < 0 && (
				<p class="sub told">
					<Icon name="check" />
					<span>{w.feeBack}</span>
				</p>
			)}
			{r.job && <Acts row={r} town={town} first={open} />}
		</div>
	);
}

/** Acts are what an operator may do about a job: another courier before the bag is out, call it back after, unlock a code. */
function Acts({ row: r, town, first }: { row: Row; town: Live<Town>; first: boolean }) {
	const w = words();
	useNow();
	const job = r.job;
	const why = useSignal<Why>("silent");
	const path = { id: job?.id ?? "" };
	const done = () => town.reload();
	const rematch = useAct(async (key) => void (await call("POST /jobs/{id}/rematch", { key, path, body: { reason: why.value } }), await done()));
	const recall = useAct(async (key) => void (await call("POST /jobs/{id}/recall", { key, path, body: { reason: why.value } }), await done()));
	const unlock = useAct(async (key, side: "counter" | "door" | "seal" | "return") => void (await call("POST /jobs/{id}/unlock", { key, path, body: { side } }), await done()));
	const before = !!job && ["offered", "accepted", "at_pharmacy"].includes(job.state);
	const carried = !!job && ["collected", "at_door"].includes(job.state);
	return (
		<div class="stack acts-one">
			{(job?.locked ?? []).map((side) => (
				<Btn key={side} wide icon="key-round" busy={unlock.busy} onPress={() => void unlock(side as "counter")} test="unlock">
					{w.unlock(side)}
				</Btn>
			))}
			{(before || carried) && <Pick label={w.whyTake} value={why.value} of={(Object.keys(w.whys) as Why[]).map((k) => [k, w.whys[k]] as const)} onPick={(v) => (why.value = v)} test="why" />}
			<Trouble problem={rematch.problem ?? recall.problem ?? unlock.problem} />
			{before && (
				<Btn kind={first ? "main" : "more"} wide icon="bike" busy={rematch.busy} onPress={() => void rematch()} test="rematch">
					{w.rematch}
				</Btn>
			)}
			{carried && (
				<Btn wide icon="undo-2" busy={recall.busy} onPress={() => void recall()} test="recall">
					{w.recall}
				</Btn>
			)}
		</div>
	);
}

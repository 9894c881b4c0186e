import { useSignal } from "@preact/signals";

import type { OrderView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Failure } from "../../client/problem";
import { Btn } from "../../parts/button";
import { Empty, Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { SlotPick } from "../../parts/slots";
import { when } from "../../words/say";
import { words } from "./order-words";

type Moved = Pick<OrderView, "id" | "slot">;

/** MoveTold says of an order that it is being moved, or that it could not be: its own time stands. */
export function MoveTold({ order: { slot } }: { order: Moved }) {
	const w = words().order;
	if (slot?.moving)
		return (
			<Notice live test="moving">
				{w.moving(when(slot.moving.from))}
			</Notice>
		);
	if (slot?.not_moved && slot.waits)
		return (
			<Notice kind="warn" live test="not-moved">
				{w.notMoved(when(slot.not_moved))}
			</Notice>
		);
	return null;
}

/** Move has a paid order come at another time, while its pharmacy has not begun. */
export function Move({ order, done }: { order: Moved; done: () => Promise<void> }) {
	const w = words().order;
	const open = useSignal(false);
	return (
		<>
			<Lines>
				<Line icon="calendar" title={w.move} sub={w.moveHint} onPress={() => (open.value = true)} test="move-slot" />
			</Lines>
			<Sheet title={w.moveTitle} open={open.value} onClose={() => (open.value = false)} test="move-when">
				<Times
					order={order}
					done={async () => {
						open.value = false;
						await done();
					}}
				/>
			</Sheet>
		</>
	);
}

/** Times are those that can be had now: what others take goes from the list. */
function Times({ order, done }: { order: Moved; done: () => Promise<void> }) {
	const w = words().order;
	const chosen = useSignal("");
	const free = useLive(`no-keep slots ${order.id}`, () => call("GET /orders/{id}/slots", { path: { id: order.id } }), (e) => e.kind.startsWith("order."));
	const move = useAct(async (key) => {
		try {
			await call("POST /orders/{id}/reschedule", { key, path: { id: order.id }, body: { slot: chosen.value } });
		} catch (problem) {
			if (problem instanceof Failure && /^slot-/.test(problem.code)) {
				chosen.value = "";
				await free.reload();
			}
			throw problem;
		}
		await done();
	});
	if (!free.data) return <Trouble problem={free.problem} again={() => void free.reload()} />;
	if (free.data.items.length === 0)
		return (
			<Empty>
				<p>{w.moveNone}</p>
			</Empty>
		);
	return (
		<div class="stack">
			<SlotPick legend={w.moveFree} of={free.data.items} value={chosen.value} onPick={(v) => (chosen.value = v)} test="move" />
			<Trouble problem={move.problem ?? free.problem} />
			<Btn kind="main" wide busy={move.busy} off={!chosen.value} onPress={() => void move()} test="move-sure">
				{w.moveSure}
			</Btn>
		</div>
	);
}

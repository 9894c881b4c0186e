import { useSignal } from "@preact/signals";

import type { CoverageView, OrderView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { Failure } from "../../client/problem";
import { Btn } from "../../parts/button";
import { Empty } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { type Choice, SlotPick } from "../../parts/slots";
import { words } from "./order-words";

const asSoon = "as-soon";

/** timesAgain lists when an order could be brought again: in its own time while that can be kept, first. */
export function timesAgain(order: Pick<OrderView, "slot">, cover: Pick<CoverageView, "slots" | "covered">): { of: Choice[]; soon: boolean } {
	const own = order.slot?.keepable ? order.slot : undefined;
	const others = cover.slots.filter((s) => s.from !== own?.from);
	return { of: own ? [{ from: own.from, until: own.until }, ...others] : others, soon: cover.covered && !own };
}

/** Again has a bag that came back brought once more; where couriers come by appointment it asks for the time. */
export function Again({ order, done }: { order: OrderView; done: () => Promise<void> }) {
	const w = words().order;
	const times = useSignal<ReturnType<typeof timesAgain> | undefined>(undefined);
	const chosen = useSignal("");
	const load = async () => {
		const point = order.address?.point;
		const cover = point && order.fulfilment === "courier" ? await call("POST /coverage", { body: { point } }) : undefined;
		return timesAgain(order, cover ?? { slots: [], covered: true });
	};
	const send = async (key: string, slot: string) => {
		await call("POST /orders/{id}/reattempt", { key, path: { id: order.id }, body: slot && slot !== asSoon ? { slot } : {} });
		times.value = undefined;
		await done();
	};
	const ask = useAct(async (key) => {
		const found = await load();
		if (found.of.length === 0 && found.soon) return send(key, "");
		chosen.value = order.slot?.keepable ? order.slot.from : found.soon ? asSoon : (found.of[0]?.from ?? "");
		times.value = found;
	});
	const again = useAct(async (key) => {
		try {
			await send(key, chosen.value);
		} catch (problem) {
			if (problem instanceof Failure && /^slot-/.test(problem.code)) {
				times.value = await load(); // what is left of them
				if (!times.value.of.some((s) => s.from === chosen.value)) chosen.value = "";
			}
			throw problem;
		}
	});
	return (
		<>
			<Trouble problem={ask.problem} />
			<Btn kind="main" wide busy={ask.busy} onPress={() => void ask()} test="again">
				{w.again}
			</Btn>
			<Sheet title={w.againWhen} open={!!times.value} onClose={() => (times.value = undefined)} test="again-when">
				<div class="stack">
					{times.value && times.value.of.length === 0 && !times.value.soon ? (
						<Empty>
							<p>{w.againNone}</p>
						</Empty>
					) : (
						<>
							<SlotPick legend={w.againWhen} of={times.value?.of ?? []} value={chosen.value} onPick={(v) => (chosen.value = v)} {...(times.value?.soon ? { now: { value: asSoon, text: words().choose.asSoon } } : {})} test="again-slot" />
							<Trouble problem={again.problem} />
							<Btn kind="main" wide busy={again.busy} off={!chosen.value} onPress={() => void again()} test="again-sure">
								{w.again}
							</Btn>
						</>
					)}
				</div>
			</Sheet>
		</>
	);
}

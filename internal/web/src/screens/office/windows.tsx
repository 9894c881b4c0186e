import type { DeliveryWindow } from "../../api.gen";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { fieldSaid } from "../../client/problem";
import { Btn, IconBtn } from "../../parts/button";
import { Field, Pick, Tick } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { slot } from "../../words/say";
import { words } from "./words";

/** Windows are the hours in which couriers ride to a zone by appointment, and for how many orders. */
export function Windows({ value, only, problem, onChange }: { value: readonly DeliveryWindow[]; only: boolean; problem: unknown; onChange: (windows: DeliveryWindow[], only: boolean) => void }) {
	const w = words();
	const set = (n: number, more: Partial<DeliveryWindow>) => onChange(value.map((x, m) => (m === n ? { ...x, ...more } : x)), only);
	return (
		<fieldset data-test="windows">
			<legend>{w.windows}</legend>
			<p class="sub">{w.windowsHint}</p>
			{value.map((x, n) => (
				<div key={n} class="window-row" data-test="window">
					<Pick label={w.day} value={String(x.day)} of={w.days.map((name, day) => [String(day), name] as const)} onPick={(day) => set(n, { day: Number(day) })} test="window-day" />
					<Field label={w.fromHour} type="time" value={x.from} onType={(from) => set(n, { from })} test="window-from" />
					<Field label={w.untilHour} value={x.until} pattern="[0-2][0-9]:[0-5][0-9]" onType={(until) => set(n, { until })} said={fieldSaid(problem, `windows/${n}`)} test="window-until" />
					<Field label={w.places} type="number" value={String(x.places)} onType={(v) => set(n, { places: Number(v) || 0 })} test="window-places" />
					<IconBtn icon="trash-2" label={w.removeWindow} onPress={() => onChange(value.filter((_, m) => m !== n), only)} />
				</div>
			))}
			<Btn small icon="plus" onPress={() => onChange([...value, { day: value.at(-1)?.day ?? 1, from: "18:00", until: "20:00", places: 10 }], only)} test="add-window">
				{w.addWindow}
			</Btn>
			<Tick on={only} onPick={(on) => onChange([...value], on)} test="slots-only">
				{w.onlySlots}
			</Tick>
			{fieldSaid(problem, "windows") && <Notice kind="warn">{fieldSaid(problem, "windows")}</Notice>}
		</fieldset>
	);
}

/** Fullness is how many places of each slot of the next days are taken. */
export function Fullness({ zone }: { zone: string }) {
	const w = words();
	const live = useLive(`slots of ${zone}`, () => call("GET /zones/{id}/slots", { path: { id: zone } }), (e) => e.kind.startsWith("zone.") || e.kind.startsWith("order."), 30_000);
	const items = live.data?.items ?? [];
	if (items.length === 0) return <Trouble problem={live.problem} />;
	return (
		<section class="stack card" data-test="fullness">
			<h2>{w.howFull}</h2>
			<table class="rows-table num">
				<thead>
					<tr>
						<th scope="col">{w.slotColumn}</th>
						<th scope="col">{w.takenColumn}</th>
					</tr>
				</thead>
				<tbody>
					{items.map((s) => (
						<tr key={s.from} data-test="slot-row" data-full={s.taken >= s.places}>
							<td class="num">{slot(s.from, s.until)}</td>
							<td class="num">{s.places === 0 ? w.windowGone(s.taken) : s.taken >= s.places ? w.full(s.taken, s.places) : w.taken(s.taken, s.places)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

import type { WorkView } from "../../api.gen";
import { useNow } from "../../client/live";
import { Shape } from "../../parts/shape";
import { hours, time } from "../../words/say";
import { words } from "./words";

const stageBudget = 6 * 60; // of the bar alone; the clock itself comes from the zone

/**
 * Budget is a shape, minutes and seconds, and a bar: how long this stage still has. What a courier brings by
 * appointment shows its hours instead, and until when this stage has to be done for them.
 */
export function Budget({ of }: { of: Pick<WorkView, "deadline" | "owes" | "state" | "slot"> }) {
	const w = words();
	const now = useNow(1000);
	const stage = of.owes ? w.asked[of.owes] : w.stage[of.state];
	if (of.slot) {
		const late = !!of.deadline && of.state !== "ready" && !of.owes && +new Date(of.deadline) < now;
		return (
			<span class={`budget ${late ? "late" : "fine"}`} data-test="budget-slot">
				<span class="num">
					<Shape level={late ? "late" : "fine"} />
					<b>{hours(of.slot.from, of.slot.until)}</b>
				</span>
				<span class="sub">{of.deadline && of.state !== "ready" ? `${stage} · ${w.doneBy(time(of.deadline))}` : stage}</span>
			</span>
		);
	}
	if (!of.deadline || of.state === "ready") return <span class="budget"><span class="sub">{stage}</span></span>;
	const left = Math.round((+new Date(of.deadline) - now) / 1000);
	const level = of.owes ? "fine" : left < 0 ? "late" : left < 60 ? "risk" : "fine";
	const said = `${Math.floor(Math.abs(left) / 60)}:${String(Math.abs(left) % 60).padStart(2, "0")}`;
	return (
		<span class={`budget ${level}`}>
			<span class="num">
				<Shape level={level} />
				<b>{left < 0 ? w.over(said) : w.left(said)}</b>
			</span>
			<span class="sub">{stage}</span>
			<i style={{ "--share": `${Math.max(4, Math.min(100, 100 - (left / stageBudget) * 100))}%` }} />
		</span>
	);
}

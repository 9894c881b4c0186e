import type { ComingView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { medicine } from "../../words/medicine";
import { day, hours, listed, when } from "../../words/say";
import { short } from "./place";
import { words } from "./words";

/** ComingLater are the paid orders that wait for their time, day by day: to know of beforehand, nothing to do yet. */
export function ComingLater({ id }: { id: string }) {
	const w = words();
	const live = useLive(`later ${id}`, () => call("GET /pharmacies/{id}/coming-fills", { path: { id } }), (e) => e.kind.startsWith("fill."));
	const items = live.data?.items ?? [];
	if (items.length === 0) return null;
	const days = [...new Set(items.map((f) => day(f.slot.from)))];
	return (
		<section class="later" data-test="coming-later">
			<h2>{w.later}</h2>
			<p class="sub">{w.laterHint}</p>
			{days.map((d) => (
				<div key={d}>
					<h3>{d}</h3>
					<ul>
						{items
							.filter((f) => day(f.slot.from) === d)
							.map((f) => (
								<Row key={f.fill} of={f} />
							))}
					</ul>
				</div>
			))}
		</section>
	);
}

function Row({ of }: { of: ComingView }) {
	const w = words();
	return (
		<li data-test="coming-fill">
			<b class="num">{hours(of.slot.from, of.slot.until)}</b>
			<span>
				{listed(of.medicines.map(medicine)) || w.medicines(of.lines)}
				<span class="sub num">
					{short(of.order)} · {w.how[of.fulfilment]} · {w.begins(when(of.begins_at))}
				</span>
			</span>
		</li>
	);
}

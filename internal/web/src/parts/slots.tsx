import { day, hours, slot as said } from "../words/say";
import { both } from "../words/words";
import { Icon } from "./icon";
import { Options } from "./field";

const words = both({
	en: { left: (n: number) => (n === 1 ? "1 place left" : `${n} places left`), none: "No pharmacy has it for then" },
	zh: { left: (n: number) => `剩${n}个名额`, none: "该时段没有药房有货" },
});

/** A slot: the hours in which somebody comes by appointment. */
export interface Span {
	from: string;
	until: string;
}

/** Choice is one of the times to choose from. */
export interface Choice extends Span {
	places?: number;
	/** Nobody has everything for then. */
	empty?: boolean;
}

const few = 3;

/** SlotPick shows the times to choose from, day by day; `now` adds a way without an appointment, by its words. */
export function SlotPick({ legend, of, value, onPick, now, test = "slot" }: { legend: string; of: readonly Choice[]; value: string; onPick: (from: string) => void; now?: { value: string; text: string }; test?: string }) {
	const w = words();
	const days = [...new Set(of.map((s) => day(s.from)))];
	return (
		<div class="stack" data-test={`${test}s`}>
			{now && <Options legend={legend} name={test} value={value} onPick={onPick} of={[{ value: now.value, text: now.text }]} test={test} />}
			{days.map((d, n) => (
				<Options
					key={d}
					legend={now || n > 0 ? d : `${legend} ${d}`}
					name={test}
					value={value}
					onPick={onPick}
					of={of.filter((s) => day(s.from) === d).map((s) => ({ value: s.from, text: <span class="num">{hours(s.from, s.until)}</span>, sub: s.empty ? w.none : s.places && s.places <= few ? w.left(s.places) : undefined }))}
					test={test}
				/>
			))}
		</div>
	);
}

/** SlotTold is the time that was agreed, where a countdown would stand. */
export function SlotTold({ of, hint }: { of: Span; hint?: string }) {
	return (
		<p class="slot-told num" data-test="slot-told">
			<Icon name="clock" />
			<span>
				<b>{said(of.from, of.until)}</b>
				{hint && <span class="sub">{hint}</span>}
			</span>
		</p>
	);
}

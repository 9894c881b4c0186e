import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { look, size } from "../../client/session";
import { both, language } from "../../words/words";
import { Ghost } from "../page";
import type { Drawn } from "./uplot";

/** Line is one row of figures over the hours. */
export interface Line {
	name: string;
	/** solid: what half took; pale: what nine in ten took; bar: a column; step: a number that holds for the hour; mark: the budget. */
	kind: "solid" | "pale" | "bar" | "step" | "mark";
	values: (number | null)[];
}

export interface ChartProps {
	/** Said to who does not see it; the table behind has the figures. */
	label: string;
	/** The hours, in milliseconds. */
	at: number[];
	lines: Line[];
	/** Bounds of each bar: nine of ten lie within. */
	bounds?: { low: number[]; high: number[] };
	unit: string;
	tall?: boolean;
}

const words = both({ en: { none: "The chart can't be shown here. The table below has everything." }, zh: { none: "无法显示图表，下方表格有全部数据。" } });

/** Chart is drawn by uPlot, which is fetched when one is first shown, never before. */
export function Chart(p: ChartProps) {
	const box = useRef<HTMLDivElement>(null);
	const drawn = useRef<Drawn | undefined>(undefined);
	const state = useSignal<"loading" | "there" | "none">("loading");
	const latest = useRef(p);
	latest.current = p;
	useEffect(() => {
		let gone = false;
		import("./uplot").then(
			(u) => {
				if (gone || !box.current) return;
				drawn.current = u.draw(box.current, latest.current);
				state.value = "there";
			},
			() => (state.value = "none"),
		);
		return () => {
			gone = true;
			drawn.current?.remove();
			drawn.current = undefined;
		};
	}, []);
	useEffect(() => drawn.current?.show(p), [p.at, p.lines, p.bounds, look.value, language.value, size.value]);
	return (
		<div class={`plot ${p.tall ? "tall" : ""}`} role="img" aria-label={p.label} data-test="chart" data-state={state.value}>
			{state.value === "loading" && <Ghost />}
			{state.value === "none" && <p class="sub">{words().none}</p>}
			<div ref={box} class="plotbox" />
		</div>
	);
}

/** KeyLine says what each stroke of a chart means. */
export function KeyLine({ of }: { of: { name: string; kind: Line["kind"] | "bounds" }[] }) {
	return (
		<p class="keyline">
			{of.map((l) => (
				<span key={l.name}>
					<svg viewBox="0 0 26 12" aria-hidden="true">
						{l.kind === "solid" && <path d="M1 6h24" stroke="var(--fine)" stroke-width="3" />}
						{l.kind === "step" && <path d="M1 9h12V4h12" fill="none" stroke="var(--fine)" stroke-width="2.5" />}
						{l.kind === "pale" && <path d="M1 6h24" stroke="var(--line-strong)" stroke-width="2" />}
						{l.kind === "mark" && <path d="M1 6h24" stroke="var(--risk)" stroke-width="2" stroke-dasharray="5 3" />}
						{l.kind === "bar" && <rect x="6" y="1" width="14" height="11" fill="var(--fine)" />}
						{l.kind === "bounds" && <path d="M13 1v10M9 1h8M9 11h8" stroke="var(--ink)" stroke-width="1.5" />}
					</svg>
					{l.name}
				</span>
			))}
		</p>
	);
}

import "uplot/dist/uPlot.min.css";
import "./chart.css";

import UPlot, { type Options, type Series } from "uplot";

import { time } from "../../words/say";
import type { ChartProps, Line } from "./chart";

/** Drawn is a chart on the screen. */
export interface Drawn {
	show(p: ChartProps): void;
	remove(): void;
}

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#888888";

function series(l: Line): Series {
	const gaps = { spanGaps: false, points: { show: l.values.filter((v) => v !== null).length < 3, size: 7 } };
	switch (l.kind) {
		case "bar":
			return { label: l.name, fill: colour("fine"), stroke: colour("fine"), width: 0, paths: UPlot.paths.bars?.({ size: [0.62, 46] }) as NonNullable<Series["paths"]>, points: { show: false } };
		case "step":
			return { label: l.name, stroke: colour("fine"), width: 2.5, paths: UPlot.paths.stepped?.({ align: 1 }) as NonNullable<Series["paths"]>, points: { show: false } };
		case "pale":
			return { label: l.name, stroke: colour("line-strong"), width: 2, ...gaps };
		case "mark":
			return { label: l.name, stroke: colour("risk"), width: 2, dash: [7, 5], points: { show: false }, spanGaps: true };
		default:
			return { label: l.name, stroke: colour("fine"), width: 3, ...gaps };
	}
}

/** whiskers draws the bounds of each bar. */
function whiskers(u: UPlot, p: ChartProps): void {
	if (!p.bounds) return;
	const { ctx } = u;
	ctx.save();
	ctx.strokeStyle = colour("ink");
	ctx.lineWidth = 1.5 * devicePixelRatio;
	const half = 4 * devicePixelRatio;
	p.at.forEach((at, i) => {
		const x = Math.round(u.valToPos(at / 1000, "x", true));
		const low = u.valToPos(p.bounds?.low[i] ?? 0, "y", true);
		const high = u.valToPos(p.bounds?.high[i] ?? 0, "y", true);
		ctx.beginPath();
		ctx.moveTo(x, low);
		ctx.lineTo(x, high);
		ctx.moveTo(x - half, low);
		ctx.lineTo(x + half, low);
		ctx.moveTo(x - half, high);
		ctx.lineTo(x + half, high);
		ctx.stroke();
	});
	ctx.restore();
}

function options(box: HTMLElement, p: ChartProps): Options {
	const font = `13px ${colour("sans")}`;
	const axis = { stroke: colour("ink-2"), font, grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
	const most = Math.max(1, ...p.lines.flatMap((l) => l.values.map((v) => v ?? 0)), ...(p.bounds?.high ?? []));
	const bars = p.lines.some((l) => l.kind === "bar" || l.kind === "step");
	const hour = 3600;
	return {
		width: Math.max(260, box.clientWidth), height: box.parentElement?.clientHeight ?? 220, legend: { show: false }, cursor: { show: false }, padding: [10, 8, 0, 0],
		scales: {
			x: { time: false, range: (_u, min, max) => (bars || max - min < hour ? [min - hour / 2, max + hour / 2] : [min, max]) },
			y: { range: [0, most * 1.08] },
		},
		axes: [
			{ ...axis, grid: { show: false }, size: 30, space: 64, incrs: [1, 2, 3, 6, 12, 24].map((h) => h * hour), values: (_u, at) => at.map((s) => time(s * 1000)) },
			{ ...axis, size: 46, space: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], values: (_u, at) => at.map((v, i) => (i === at.length - 1 ? `${v} ${p.unit}` : String(v))) },
		],
		series: [{}, ...p.lines.map(series)],
		hooks: { draw: [(u) => whiskers(u, p)] },
	};
}

/** draw puts a chart into the box, and draws it anew when the box changes its width. */
export function draw(box: HTMLDivElement, first: ChartProps): Drawn {
	let plot: UPlot | undefined;
	let now = first;
	const make = () => {
		plot?.destroy();
		plot = new UPlot(options(box, now), [now.at.map((ms) => ms / 1000), ...now.lines.map((l) => l.values)] as UPlot.AlignedData, box);
		plot.root.setAttribute("aria-hidden", "true");
	};
	make();
	let width = box.clientWidth;
	const watch = new ResizeObserver(() => {
		if (box.clientWidth === width || box.clientWidth === 0) return;
		width = box.clientWidth;
		make();
	});
	watch.observe(box);
	return {
		show: (p) => {
			now = p;
			make();
		},
		remove: () => {
			watch.disconnect();
			plot?.destroy();
		},
	};
}

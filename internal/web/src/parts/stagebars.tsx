import { both } from "../words/words";

const words = both({
	en: { said: (name: string, half: string, nine: string, budget: string) => `${name}: half within ${half}, nine of ten within ${nine}${budget && `, budget ${budget}`} minutes` },
	zh: { said: (name: string, half: string, nine: string, budget: string) => `${name}：半数${half}分钟内，九成${nine}分钟内${budget && `，限时${budget}分钟`}` },
});

export interface StageBar {
	name: string;
	p50: number;
	p90: number;
	/** Seconds; 0: no time of its own. */
	budget: number;
}

const figure = (s: number) => (s / 60).toFixed(1);

/** StageBars shows half (solid), nine in ten (pale) and the budget (a mark) of each stage; what is over the budget is hatched. */
export function StageBars({ of }: { of: StageBar[] }) {
	const w = words();
	const most = Math.max(60, ...of.map((b) => Math.max(b.p90, b.budget))) * 1.06;
	const x = (s: number) => (s / most) * 100;
	return (
		<div class="stagebars num">
			{of.map((b) => (
				<div key={b.name}>
					<b>{b.name}</b>
					<svg viewBox="0 0 100 16" preserveAspectRatio="none" role="img" aria-label={w.said(b.name, figure(b.p50), figure(b.p90), b.budget ? figure(b.budget) : "")}>
						<defs>
							<pattern id={`over-${b.name}`} width="1.6" height="6" patternUnits="userSpaceOnUse" patternTransform="skewX(-20)">
								<rect width=".8" height="6" class="hatch" />
							</pattern>
						</defs>
						<rect class="pale" x="0" y="3" height="10" rx="1" width={x(b.p90)} />
						<rect class="solid" x="0" y="3" height="10" rx="1" width={x(b.p50)} />
						{b.budget > 0 && b.p90 > b.budget && <rect x={x(b.budget)} y="3" height="10" width={x(b.p90) - x(b.budget)} fill={`url(#over-${b.name})`} />}
						{b.budget > 0 && <line class="mark" x1={x(b.budget)} x2={x(b.budget)} y1="0" y2="16" vector-effect="non-scaling-stroke" />}
					</svg>
					<span>{b.p90 > 0 ? `${figure(b.p50)} – ${figure(b.p90)}` : "–"}</span>
				</div>
			))}
		</div>
	);
}

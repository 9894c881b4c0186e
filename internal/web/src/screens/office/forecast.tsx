import { useSignal } from "@preact/signals";

import type { ForecastView, ZoneView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Failure } from "../../client/problem";
import { Chart, KeyLine } from "../../parts/chart/chart";
import { Pick } from "../../parts/field";
import { Empty } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Ghost, Head, Page } from "../../parts/page";
import { when } from "../../words/say";
import { busiest, round } from "./figures";
import { words } from "./words";

/** Forecast: the orders to expect in each hour, with error bars, and the couriers they take. */
export default function Forecast() {
	const w = words();
	const zones = useLive("zones", () => call("GET /zones"), (e) => e.kind.startsWith("zone."));
	const zone = useSignal("");
	const share = useSignal<"90" | "95" | "99">("95");
	return (
		<Page title={w.forecast} plain wide of={zones}>
			{({ items }) => {
				const drawn = items.filter((z) => !z.withdrawn);
				const one = drawn.find((z) => z.id === zone.value) ?? drawn[0];
				return (
					<>
						<Head>{w.forecast}</Head>
						{!one ? (
							<Empty>
								<p>{w.forecastNone}</p>
							</Empty>
						) : (
							<>
								<section class="filters">
									<Pick label={w.zone} value={one.id} of={drawn.map((z) => [z.id, z.name] as const)} onPick={(z) => (zone.value = z)} test="forecast-zone" />
									<Pick label={w.share} value={share.value} of={(["90", "95", "99"] as const).map((s) => [s, `${s}%`] as const)} onPick={(s) => (share.value = s)} />
								</section>
								<OfZone key={`${one.id} ${share.value}`} zone={one} percent={Number(share.value)} />
							</>
						)}
					</>
				);
			}}
		</Page>
	);
}

function OfZone({ zone, percent }: { zone: ZoneView; percent: number }) {
	const w = words();
	const f = useLive<ForecastView>(`forecast ${zone.id} ${percent}`, () => call("GET /zones/{id}/forecast", { path: { id: zone.id }, query: { hours: 24, percent } }), () => false, 300_000);
	const young = f.problem instanceof Failure && f.problem.code === "no-history";
	if (young)
		return (
			<Empty drawing="paper">
				<p data-test="forecast-none">{w.forecastNone}</p>
			</Empty>
		);
	if (!f.data) return f.problem ? <Trouble problem={f.problem} again={() => void f.reload()} /> : <Ghost />;
	const hours = f.data.hours;
	const at = hours.map((h) => Date.parse(h.at));
	const top = busiest(f.data);
	return (
		<div class="stack-l" data-test="forecast">
			<p class="hint">{w.forecastHint(Math.max(1, Math.round(f.data.history_hours / 24)))}</p>
			<section class="chart">
				<h2>
					{w.ordersN}
					{top && <span class="sub num">{w.peak(round(top.orders), when(top.at))}</span>}
				</h2>
				<Chart tall label={top ? w.peak(round(top.orders), when(top.at)) : w.ordersN} at={at} unit="" bounds={{ low: hours.map((h) => h.low), high: hours.map((h) => h.high) }} lines={[{ name: w.expected, kind: "bar", values: hours.map((h) => h.orders) }]} />
				<KeyLine of={[{ name: w.expected, kind: "bar" }, { name: w.nine, kind: "bounds" }]} />
			</section>
			<section class="chart">
				<h2>{w.couriersNeed}</h2>
				<Chart label={w.couriersNeed} at={at} unit="" lines={[{ name: w.couriersSafe, kind: "pale", values: hours.map((h) => h.couriers_safe) }, { name: w.expected, kind: "step", values: hours.map((h) => h.couriers) }]} />
				<KeyLine of={[{ name: w.expected, kind: "step" }, { name: w.couriersSafe, kind: "pale" }]} />
			</section>
			<details>
				<summary>{w.asTable}</summary>
				<div class="scroll-x">
					<table class="rows-table num" data-test="forecast-table">
						<thead>
							<tr>
								{[w.hour, w.ordersN, w.nine, w.couriersNeed, w.couriersSafe].map((h) => (
									<th key={h} scope="col">
										{h}
									</th>
								))}
							</tr>
						</thead>
						<tbody>
							{hours.map((h) => (
								<tr key={h.at}>
									<th scope="row">{when(h.at)}</th>
									<td>{round(h.orders)}</td>
									<td>{w.range(round(h.low), round(h.high))}</td>
									<td>{h.couriers}</td>
									<td>{h.couriers_safe}</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			</details>
		</div>
	);
}

import { useSignal } from "@preact/signals";

import type { StageView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Chart, KeyLine } from "../../parts/chart/chart";
import { Options, Pick } from "../../parts/field";
import { Empty } from "../../parts/list";
import { Notice } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { time, when } from "../../words/say";
import { stageOver } from "./figures";
import { words } from "./words";

const stages: StageView["stage"][] = ["review", "pack", "collect", "ride"];

/** Stages: how long orders stood in each, half and nine in ten, hour by hour, with the table behind. */
export default function Stages() {
	const w = words();
	const zone = useSignal("");
	const hours = useSignal<"24" | "72" | "168">("24");
	const zones = useLive("zones", () => call("GET /zones"), (e) => e.kind.startsWith("zone."));
	const got = useLive(`stages ${zone.value} ${hours.value}`, () => call("GET /stages", { query: { zone: zone.value, hours: Number(hours.value) } }), (e) => e.kind === "order.delivered");
	const figure = (s: number) => (s / 60).toFixed(1);
	return (
		<Page title={w.stages} plain wide of={got}>
			{(v) => (
				<>
					<Head>{w.stages}</Head>
					<p class="hint">{w.stagesHint}</p>
					<section class="filters">
						<Pick label={w.zone} value={zone.value} of={[["", w.everyZone] as const, ...(zones.data?.items ?? []).filter((z) => !z.withdrawn).map((z) => [z.id, z.name] as const)]} onPick={(z) => (zone.value = z)} test="stages-zone" />
						<Options legend={w.hour} hideLegend value={hours.value} onPick={(h) => (hours.value = h)} of={(["24", "72", "168"] as const).map((value) => ({ value, text: w.hours[value] }))} test="stages-hours" />
					</section>
					{v.cut && <Notice kind="warn">{w.cut}</Notice>}
					{v.hours.length === 0 ? (
						<Empty drawing="paper">
							<p>{w.noStages}</p>
						</Empty>
					) : (
						<>
							<section>
								<KeyLine of={[{ name: w.half, kind: "solid" }, { name: w.nine, kind: "pale" }, { name: w.budget, kind: "mark" }]} />
							</section>
							<section class="charts" data-test="stages">
								{stages.map((stage) => {
									const s = stageOver(v.hours, stage);
									const whole = v.whole.stages.find((x) => x.stage === stage);
									return (
										<div class="chart" key={stage}>
											<h2>
												{w.stageNames[stage]}
												<span class="sub num">
													{figure(whole?.p50_seconds ?? 0)} – {figure(whole?.p90_seconds ?? 0)} {w.minutesWord}
													{!!whole?.budget_seconds && `, ${w.budgetMin(Math.round(whole.budget_seconds / 60))}`}
												</span>
											</h2>
											<Chart label={`${w.stageNames[stage]}: ${w.half} ${figure(whole?.p50_seconds ?? 0)}, ${w.nine} ${figure(whole?.p90_seconds ?? 0)}`} at={s.at} unit={w.minutesWord} lines={[{ name: w.nine, kind: "pale", values: s.nine }, { name: w.half, kind: "solid", values: s.half }, { name: w.budget, kind: "mark", values: s.budget }]} />
										</div>
									);
								})}
							</section>
							<details>
								<summary>{w.asTable}</summary>
								<div class="scroll-x">
									<table class="rows-table num" data-test="stages-table">
										<thead>
											<tr>
												{[w.hour, w.ordersN, w.inTime, w.toDoor, ...stages.map((s) => w.stageNames[s])].map((h) => (
													<th key={h} scope="col">
														{h}
													</th>
												))}
											</tr>
										</thead>
										<tbody>
											{[...v.hours].reverse().map((h) => (
												<tr key={h.at}>
													<th scope="row">{hours.value === "24" ? time(h.at) : when(h.at)}</th>
													<td>{h.orders}</td>
													<td>{h.in_time}</td>
													<td>
														{figure(h.to_door.p50_seconds)} – {figure(h.to_door.p90_seconds)}
													</td>
													{h.stages.map((s) => (
														<td key={s.stage}>
															{figure(s.p50_seconds)} – {figure(s.p90_seconds)}
														</td>
													))}
												</tr>
											))}
										</tbody>
									</table>
								</div>
							</details>
						</>
					)}
				</>
			)}
		</Page>
	);
}

import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { ready, ring, sounding } from "../../client/sound";
import { Btn, Go } from "../../parts/button";
import { Options } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Empty } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head } from "../../parts/page";
import { paperName, runningOut } from "../../parts/papers";
import { date } from "../../words/say";
import { here, place } from "./phone";
import { words } from "./words";

type Vehicle = "walk" | "bicycle" | "scooter" | "car";
const vehicles: readonly Vehicle[] = ["walk", "bicycle", "scooter", "car"];

function lastVehicle(): Vehicle {
	try {
		const v = localStorage.getItem("hc.vehicle") as Vehicle | null;
		return v && vehicles.includes(v) ? v : "scooter";
	} catch {
		return "scooter";
	}
}

/** OffShift is the way onto a shift. */
export function OffShift({ reload }: { reload: () => Promise<void> }) {
	const w = words();
	const vehicle = useSignal<Vehicle>(lastVehicle());
	const start = useAct(async (key) => {
		ready();
		const point = await here();
		await call("POST /shift/start", { key, body: { point, vehicle: vehicle.value } });
		await reload();
	});
	const pick = (v: Vehicle) => {
		vehicle.value = v;
		try {
			localStorage.setItem("hc.vehicle", v);
		} catch {
			// asked again the next time
		}
	};
	return (
		<>
			<Head>{w.offTitle}</Head>
			<p class="hint">{w.offHint}</p>
			<RunsOut />
			<section>
				<Options legend={w.vehicle} value={vehicle.value} onPick={pick} of={vehicles.map((value) => ({ value, text: w.vehicles[value] }))} test="vehicle" />
			</section>
			<section class="stack">
				{place.value.refused ? <Notice kind="warn">{w.noPlace}</Notice> : <Trouble problem={start.problem} />}
				<Btn kind="main" wide big icon="bike" busy={start.busy} onPress={() => void start()} test="start-shift">
					{start.busy ? w.findPlace : w.start}
				</Btn>
			</section>
		</>
	);
}

/** RunsOut tells before a shift which paper runs out soon: without it nobody may ride. */
function RunsOut() {
	const w = words();
	const mine = useLive("papers", () => call("GET /applications/mine"), (e) => e.kind.startsWith("application."));
	const soon = (mine.data?.items ?? []).filter((a) => a.state === "approved").flatMap((a) => runningOut(a.papers, Date.now()));
	if (soon.length === 0) return null;
	return (
		<Notice kind="warn" test="papers-soon">
			{soon.map((p) => (
				<span key={p.number}>{w.papersSoon(paperName(p.kind), date(p.valid_until ?? ""))} </span>
			))}
			<Go small to="/c/papers">
				{w.papers}
			</Go>
		</Notice>
	);
}

/** Waiting is on shift without a job. */
export function Waiting({ reload }: { reload: () => Promise<void> }) {
	const w = words();
	const shift = useLive("shift", () => call("GET /shift"), (e) => e.kind.startsWith("shift."));
	const end = useAct(async (key) => {
		await call("POST /shift/end", { key });
		await reload();
	});
	return (
		<>
			<Head>{w.waitTitle}</Head>
			<Empty drawing="bag">
				<p>{shift.data?.state === "finishing" ? w.finishing : w.waitHint}</p>
			</Empty>
			{place.value.refused && <Notice kind="warn">{w.noPlace}</Notice>}
			<section class="stack">
				{sounding.value ? (
					<p class="saved" data-test="sound-on">
						<Icon name="volume-2" />
						<span>{w.soundOn}</span>
					</p>
				) : (
					<Btn
						wide
						icon="volume-x"
						onPress={() => {
							ready();
							setTimeout(() => ring(1), 150);
						}}
						test="sound-off"
					>
						{w.soundOff}
					</Btn>
				)}
				<Trouble problem={end.problem} />
				<Btn wide busy={end.busy} onPress={() => void end()} test="end-shift">
					{w.end}
				</Btn>
			</section>
		</>
	);
}

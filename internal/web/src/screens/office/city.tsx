import { useSignal } from "@preact/signals";

import type { JobView, ShiftView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { type Live, useLive, useNow } from "../../client/live";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Line, Lines } from "../../parts/list";
import { MapBox, type Mark } from "../../parts/map/map";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { ago, time } from "../../words/say";
import { clock, level } from "./slack";
import { words } from "./words";

interface Town {
	jobs: JobView[];
	shifts: ShiftView[];
	zones: { polygon: { lat: number; lon: number }[]; withdrawn: boolean }[];
}

const open = ["planned", "offered", "accepted", "at_pharmacy", "collected", "at_door", "failed", "returning"];

/** City: who is late and why, the map, and one job with what can be done about it. */
export default function City() {
	const w = words();
	const town = useLive<Town>("no-keep city", load, () => true, 10_000);
	const chosen = useSignal("");
	const now = useNow(1000);
	return (
		<Page title={w.city} of={town} plain wide>
			{(t) => {
				const since = (now - town.at) / 1000;
				const jobs = t.jobs.filter((j) => open.includes(j.state)).map((j) => ({ ...j, slack_seconds: j.slack_seconds - since }));
				jobs.sort((a, b) => a.slack_seconds - b.slack_seconds);
				const bad = jobs.filter((j) => level(j.slack_seconds) !== "fine");
				const job = jobs.find((j) => j.id === chosen.value);
				return (
					<div class="city">
						<Head>{w.city}</Head>
						<p class="strip-line num">
							<span>{w.openCount(jobs.length)}</span>
							<span>{w.lateCount(jobs.filter((j) => j.slack_seconds < 0).length)}</span>
							<span>{w.free(t.shifts.filter((s) => s.state === "on" && s.jobs.length === 0).length)}</span>
						</p>
						<section class="lates">
							<h2>{w.late}</h2>
							{bad.length === 0 && <p class="sub">{w.noneLate}</p>}
							<List jobs={bad} chosen={chosen.value} onPick={(id) => (chosen.value = id)} />
							<h2>{w.open}</h2>
							{jobs.length === bad.length && <p class="sub">{w.noneOpen}</p>}
							<List jobs={jobs.filter((j) => !bad.includes(j))} chosen={chosen.value} onPick={(id) => (chosen.value = id)} />
						</section>
						<section class="mapside">
							<MapBox label={w.city} height="tall" marks={marks(jobs, t.shifts)} zones={t.zones.filter((z) => !z.withdrawn).map((z) => z.polygon)} onMark={(id) => (chosen.value = id)} />
						</section>
						<section class="oneside">{job ? <One job={job} town={town} /> : <Couriers shifts={t.shifts} />}</section>
					</div>
				);
			}}
		</Page>
	);
}

async function load(): Promise<Town> {
	const [jobs, shifts, zones] = await Promise.all([call("GET /jobs", { query: { limit: 200 } }), call("GET /shifts", {}), call("GET /zones")]);
	return { jobs: jobs.items, shifts: shifts.items, zones: zones.items };
}

function marks(jobs: JobView[], shifts: ShiftView[]): Mark[] {
	const out: Mark[] = [];
	for (const j of jobs) if (j.door) out.push({ id: j.id, at: j.door, kind: level(j.slack_seconds), name: j.id });
	for (const s of shifts) {
		if (!s.last) continue;
		out.push({ id: s.courier, at: s.last.point, kind: (s.age_seconds ?? 0) > 30 ? "old-courier" : s.jobs.length ? "courier" : "free", name: s.courier });
	}
	return out;
}

function List({ jobs, chosen, onPick }: { jobs: JobView[]; chosen: string; onPick: (id: string) => void }) {
	const w = words();
	const shapes = { fine: "circle", risk: "triangle-alert", late: "octagon-x" } as const;
	return (
		<ul class="jobs">
			{jobs.map((j) => {
				const l = level(j.slack_seconds);
				return (
					<li key={j.id} class={`${l} ${j.id === chosen ? "chosen" : ""}`}>
						<button type="button" onClick={() => onPick(j.id)} aria-pressed={j.id === chosen} data-test={`job-${l}`}>
							<Icon name={shapes[l]} />
							<span class="stretch">
								<b class="num">
									{j.slack_seconds < 0 ? w.over(clock(j.slack_seconds)) : w.left(clock(j.slack_seconds))} · {w.slack[l]}
								</b>
								<span class="sub">
									HC-{j.order.slice(-4).toUpperCase()} · {w.states[j.state]}
								</span>
							</span>
						</button>
					</li>
				);
			})}
		</ul>
	);
}

/** One is a job with its chain and what can be done. */
function One({ job, town }: { job: JobView; town: Live<Town> }) {
	const w = words();
	const reason = useSignal("");
	const path = { id: job.id };
	const body = () => ({ reason: reason.value.trim() || "operator" });
	const rematch = useAct(async (key) => void (await call("POST /jobs/{id}/rematch", { key, path, body: body() }), await town.reload()));
	const recall = useAct(async (key) => void (await call("POST /jobs/{id}/recall", { key, path, body: body() }), await town.reload()));
	const unlock = useAct(async (key, side: "counter" | "door" | "seal" | "return") => void (await call("POST /jobs/{id}/unlock", { key, path, body: { side } }), await town.reload()));
	const before = ["offered", "accepted", "at_pharmacy"].includes(job.state);
	const carried = ["collected", "at_door"].includes(job.state);
	return (
		<div class="stack" data-test="one-job">
			<h2>HC-{job.order.slice(-4).toUpperCase()}</h2>
			<p class="sub">{w.states[job.state]}</p>
			<ol class="chain num">
				{job.history.map((s) => (
					<li key={`${s.at}${s.event}`}>
						<b>{time(s.at)}</b> {w.states[s.to as keyof typeof w.states] ?? s.to}
						{s.why && <span class="sub"> {s.why}</span>}
					</li>
				))}
			</ol>
			{(job.locked ?? []).map((side) => (
				<Btn key={side} small busy={unlock.busy} onPress={() => void unlock(side as "counter")}>
					{w.unlock(side)}
				</Btn>
			))}
			{(before || carried) && (
				<>
					<Field label={w.reason} value={reason.value} onType={(v) => (reason.value = v)} max={40} pattern="[a-z_\\-]+" />
					<Trouble problem={rematch.problem ?? recall.problem ?? unlock.problem} />
					{before && (
						<Btn kind="main" wide busy={rematch.busy} onPress={() => void rematch()} test="rematch">
							{w.rematch}
						</Btn>
					)}
					{carried && (
						<Btn wide busy={recall.busy} onPress={() => void recall()} test="recall">
							{w.recall}
						</Btn>
					)}
				</>
			)}
		</div>
	);
}

function Couriers({ shifts }: { shifts: ShiftView[] }) {
	const w = words();
	return (
		<>
			<h2>{w.couriers}</h2>
			{shifts.length === 0 && <p class="sub">{w.noCouriers}</p>}
			<Lines>
				{shifts.slice(0, 40).map((s) => (
					<Line key={s.courier} icon="bike" title={s.vehicle ?? ""} sub={[s.last && w.seenAt(ago(s.last.at)), s.silent && w.silent].filter(Boolean).join(" · ")} end={s.jobs.length ? w.openCount(s.jobs.length) : ""} />
				))}
			</Lines>
		</>
	);
}


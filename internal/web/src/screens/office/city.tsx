import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { FixView } from "../../api.gen";
import { call } from "../../client/call";
import { type Live, useLive, useNow } from "../../client/live";
import { Icon } from "../../parts/icon";
import { MapBox, type Mark } from "../../parts/map/map";
import { Head, Page } from "../../parts/page";
import { StageBars } from "../../parts/stagebars";
import { orNothing } from "../patient/facts";
import { One } from "./one";
import { loadTown, type Row, rows, said, type Town } from "./town";
import { words } from "./words";

const shown = 60; // of what is fine; the map has all

/** City: who is late and why as a list, the map, and one order with its chain and what can be done. */
export default function City() {
	const w = words();
	const town = useLive<Town>("no-keep city", loadTown, () => true, 10_000);
	const chosen = useSignal("");
	const fine = useSignal(false);
	const now = useNow(1000);
	return (
		<Page title={w.city} of={town} plain wide>
			{(t) => {
				const all = rows(t, now);
				const bad = all.filter((r) => r.level !== "fine");
				const rest = all.filter((r) => r.level === "fine");
				const one = all.find((r) => r.id === chosen.value);
				return (
					<div class={`city ${one ? "has-one" : ""}`} data-test="city">
						<section class="lates">
							<header>
								<Head>{bad.length > 0 ? w.cityTitle : w.quiet}</Head>
								<p class="sub num">{w.cityCount(all.filter((r) => r.level === "late").length, bad.filter((r) => r.level === "risk").length, all.length)}</p>
							</header>
							<List of={bad} chosen={chosen.value} onPick={(id) => (chosen.value = id)} />
							{rest.length > 0 && (
								<button type="button" class="more-fine" aria-expanded={fine.value} onClick={() => (fine.value = !fine.value)} data-test="more-fine">
									<Shape level="fine" />
									<span class="num">{w.fineMore(rest.length)}</span>
									<Icon name="chevron-down" />
								</button>
							)}
							{fine.value && <List of={rest.slice(0, shown)} chosen={chosen.value} onPick={(id) => (chosen.value = id)} />}
							<div class="bars">
								<h2>{w.stageBars}</h2>
								<StageBars of={t.stages.whole.stages.map((s) => ({ name: w.stageNames[s.stage], p50: s.p50_seconds, p90: s.p90_seconds, budget: s.budget_seconds }))} />
							</div>
						</section>
						<section class="mapside" aria-label={w.city}>
							<Strip of={t} open={all.length} />
							<Map all={all} town={t} one={one} onPick={(id) => (chosen.value = id)} />
							<Legend />
						</section>
						{one && <Side row={one} town={town} onClose={() => (chosen.value = "")} />}
					</div>
				);
			}}
		</Page>
	);
}

/** Shape tells late from at risk from fine without colour. */
export function Shape({ level }: { level: Row["level"] }) {
	return (
		<svg class={`shape ${level}`} viewBox="0 0 20 20" aria-hidden="true">
			{level === "fine" && <circle cx="10" cy="10" r="7" />}
			{level === "risk" && <path d="M10 2.5 18.6 17.5H1.4Z" stroke-linejoin="round" />}
			{level === "late" && (
				<>
					<rect x="2" y="2" width="16" height="16" rx="2.5" />
					<path class="cut" d="M10 5.5v5.6M10 14.2v.1" />
				</>
			)}
		</svg>
	);
}

function Strip({ of: t, open }: { of: Town; open: number }) {
	const w = words();
	const { whole } = t.stages;
	const on = t.shifts.filter((s) => s.state !== "off");
	const free = on.filter((s) => s.state === "on" && s.jobs.length === 0);
	const kept = whole.orders > 0 ? ((100 * whole.in_time) / whole.orders).toFixed(1).replace(/\.0$/, "") : "";
	return (
		<dl class="strip num">
			<div>
				<dt>{w.strip.kept}</dt>
				<dd>{kept ? <><b>{kept}</b> %</> : <span>{w.noneYet}</span>}</dd>
			</div>
			<div>
				<dt>{w.strip.median}</dt>
				<dd>{whole.orders > 0 ? <><b>{Math.round(whole.to_door.p50_seconds / 60)}</b> {w.minutesWord}</> : <span>{w.noneYet}</span>}</dd>
			</div>
			<div>
				<dt>{w.strip.open}</dt>
				<dd>
					<b>{open}</b>
				</dd>
			</div>
			<div>
				<dt>{w.strip.free}</dt>
				<dd>
					<b>{free.length}</b> {w.ofAll(on.length)}
				</dd>
			</div>
		</dl>
	);
}

function Legend() {
	const w = words();
	return (
		<p class="legend" aria-hidden="true">
			{(["fine", "risk", "late"] as const).map((l) => (
				<span key={l}>
					<Shape level={l} /> {w.legend[l]}
				</span>
			))}
			<span>
				<svg class="shape free" viewBox="0 0 20 20">
					<circle cx="10" cy="10" r="5.5" />
				</svg>{" "}
				{w.legend.free}
			</span>
		</p>
	);
}

function List({ of, chosen, onPick }: { of: Row[]; chosen: string; onPick: (id: string) => void }) {
	const w = words();
	return (
		<ul class="jobs">
			{of.map((r) => {
				const s = said(r);
				return (
					<li key={r.id} class={`${r.level} ${r.id === chosen ? "chosen" : ""}`}>
						<button type="button" onClick={() => onPick(r.id)} aria-pressed={r.id === chosen} data-test={`job-${r.level}`}>
							<Shape level={r.level} />
							<span class="stretch">
								<b class="num when">{s.late ? (r.left < 0 ? w.minLate(s.minutes) : w.likelyLate(s.minutes)) : w.minLeft(s.minutes)}</b>
								<b>{w.cause[r.cause]}</b>
								<span class="sub">{whoOf(r, w)}</span>
							</span>
							<span class="sub num">HC-{r.id.slice(-4).toUpperCase()}</span>
						</button>
					</li>
				);
			})}
		</ul>
	);
}

/** whoOf names whose turn it is. */
function whoOf(r: Row, w: ReturnType<typeof words>): string {
	const carried = ["on_the_way", "silent", "at_door", "failed", "returning", "to_counter", "at_counter"].includes(r.cause);
	return [carried ? r.courier : r.pharmacy, r.declined > 0 && w.declinedBy(r.declined)].filter(Boolean).join(", ");
}

function Side({ row, town, onClose }: { row: Row; town: Live<Town>; onClose: () => void }) {
	const box = useRef<HTMLElement>(null);
	useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), [row.id]);
	return (
		<section class="oneside" ref={box}>
			<One row={row} town={town} onClose={onClose} />
		</section>
	);
}

/** Map has every open order where it is, by its slack; of the chosen one the way, done and to come. */
function Map({ all, town: t, one, onPick }: { all: Row[]; town: Town; one: Row | undefined; onPick: (id: string) => void }) {
	const w = words();
	const riding = new globalThis.Map(t.shifts.filter((s) => s.last).map((s) => [s.courier, s]));
	const job = one?.job;
	const carried = !!job && ["collected", "at_door", "failed", "returning"].includes(job.state);
	const path = useLive<FixView[]>(`no-keep path ${job?.id ?? ""}`, async () => (job && carried ? (await orNothing(call("GET /jobs/{id}/path", { path: { id: job.id } }), { items: [] as FixView[] })).items : []), (e) => e.kind.startsWith("job."), 20_000);
	const marks: Mark[] = t.pharmacies.map((p) => ({ id: p.id, at: p.at, kind: "pharmacy" as const, name: p.name }));
	for (const s of t.shifts) {
		if (!s.last || s.state === "off" || all.some((r) => r.job?.courier === s.courier && withBag(r))) continue;
		marks.push({ id: s.courier, at: s.last.point, kind: (s.age_seconds ?? 0) > 30 ? "old-courier" : "free", name: t.names[s.courier] ?? w.legend.courier });
	}
	for (const r of all) {
		const at = (withBag(r) && riding.get(r.job?.courier ?? "")?.last?.point) || r.job?.door;
		if (at) marks.push({ id: r.id, at, kind: r.level, name: `HC-${r.id.slice(-4).toUpperCase()}, ${w.cause[r.cause]}`, chosen: r.id === one?.id });
	}
	const here = job && carried ? riding.get(job.courier ?? "")?.last?.point : undefined;
	if (job?.door && here) marks.push({ id: "door", at: job.door, kind: "home", name: w.likely });
	const todo = job?.door ? (here ? [here, job.door] : [job.counter, job.door]) : undefined;
	const done = job && here ? [job.counter, ...(path.data ?? []).map((f) => f.point), here] : undefined;
	const pressable = new Set(all.map((r) => r.id));
	return <MapBox label={w.city} height="full" marks={marks} zones={t.zones.map((z) => z.polygon)} fit={t.zones.flatMap((z) => z.polygon)} {...(todo ? { todo } : {})} {...(done ? { done } : {})} onMark={(id) => pressable.has(id) && onPick(id)} />;
}

const withBag = (r: Row) => !!r.job && ["collected", "at_door", "failed", "returning"].includes(r.job.state);

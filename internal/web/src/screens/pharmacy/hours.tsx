import { type Signal, useSignal } from "@preact/signals";

import type { PharmacyHoliday, PharmacyOpening } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn, IconBtn } from "../../parts/button";
import { Field, Options, Pick } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { time, when } from "../../words/say";
import { counter } from "./place";
import { words } from "./words";

type Why = keyof ReturnType<typeof words>["pauseWhy"];

/** Hours: a pause of new orders, the week, and days off. */
export default function Hours() {
	const w = words();
	const id = counter();
	const saved = useSignal(0); // here, because a saved week is drawn anew
	const place = useLive(`pharmacy ${id}`, () => call("GET /pharmacies/{id}", { path: { id } }), (e) => e.kind.startsWith("pharmacy."));
	return (
		<Page title={w.hours} of={place} plain>
			{(p) => (
				<div class="stack-l">
					<Head>{w.hours}</Head>
					{p.paused_until ? <Resume id={id} until={p.paused_until} reload={place.reload} /> : <Pause id={id} reload={place.reload} />}
					<Week key={JSON.stringify(p.hours)} id={id} hours={p.hours ?? []} holidays={p.holidays ?? []} saved={saved} reload={place.reload} />
				</div>
			)}
		</Page>
	);
}

function Resume({ id, until, reload }: { id: string; until: string; reload: () => Promise<void> }) {
	const w = words();
	const resume = useAct(async (key) => {
		await call("POST /pharmacies/{id}/resume", { key, path: { id } });
		await reload();
	});
	return (
		<section class="stack">
			<Notice kind="lamp">{w.paused(when(until))}</Notice>
			<Trouble problem={resume.problem} />
			<Btn kind="main" icon="play" busy={resume.busy} onPress={() => void resume()} test="resume">
				{w.resume}
			</Btn>
		</section>
	);
}

function Pause({ id, reload }: { id: string; reload: () => Promise<void> }) {
	const w = words();
	const s = useSignal<{ reason: Why; minutes: string }>({ reason: "overload", minutes: "30" });
	const pause = useAct(async (key) => {
		await call("POST /pharmacies/{id}/pause", { key, path: { id }, body: { reason: s.value.reason, until: new Date(Date.now() + Number(s.value.minutes) * 60_000).toISOString() } });
		await reload();
	});
	return (
		<section class="stack-l card">
			<h2>{w.pause}</h2>
			<Pick label={w.why} value={s.value.reason} of={(Object.keys(w.pauseWhy) as Why[]).map((k) => [k, w.pauseWhy[k]] as const)} onPick={(reason) => (s.value = { ...s.value, reason })} />
			<Options legend={w.pauseFor} value={s.value.minutes} of={["15", "30", "60", "120"].map((value) => ({ value, text: w.minutes(Number(value)) }))} onPick={(minutes) => (s.value = { ...s.value, minutes })} />
			<Trouble problem={pause.problem} />
			<Btn icon="pause" busy={pause.busy} onPress={() => void pause()} test="pause">
				{w.pause}
			</Btn>
		</section>
	);
}

function Week({ id, hours, holidays, saved, reload }: { id: string; hours: PharmacyOpening[]; holidays: PharmacyHoliday[]; saved: Signal<number>; reload: () => Promise<void> }) {
	const w = words();
	const typed = useSignal(hours);
	const off = useSignal(holidays);
	const save = useAct(async () => {
		const now = await versioned("GET /pharmacies/{id}", { path: { id } });
		await call("PUT /pharmacies/{id}/timetable", { path: { id }, match: now.tag, body: { hours: typed.value, holidays: off.value.filter((h) => h.date) } });
		saved.value = Date.now();
		await reload();
	});
	return (
		<section class="stack-l">
			{[1, 2, 3, 4, 5, 6, 0].map((day) => (
				<fieldset key={day}>
					<legend>{w.days[day]}</legend>
					{!typed.value.some((h) => h.day === day) && <p class="sub">{w.shut}</p>}
					{typed.value.map(
						(h, n) =>
							h.day === day && (
								<div key={n} class="span">
									<Field label={w.from} type="time" value={h.from} onType={(from) => (typed.value = typed.value.map((x, m) => (m === n ? { ...x, from } : x)))} />
									<Field label={w.until} value={h.until} pattern="[0-2][0-9]:[0-5][0-9]" onType={(until) => (typed.value = typed.value.map((x, m) => (m === n ? { ...x, until } : x)))} />
									<IconBtn icon="trash-2" label={w.remove} onPress={() => (typed.value = typed.value.filter((_, m) => m !== n))} />
								</div>
							),
					)}
					<Btn small icon="plus" onPress={() => (typed.value = [...typed.value, { day, from: "08:00", until: "20:00" }])}>
						{w.addHours}
					</Btn>
				</fieldset>
			))}
			<fieldset>
				<legend>{w.holidays}</legend>
				{off.value.map((h, n) => (
					<div key={n} class="span">
						<Field label={w.date} type="date" value={h.date} onType={(d) => (off.value = off.value.map((x, m) => (m === n ? { ...x, date: d } : x)))} />
						<IconBtn icon="trash-2" label={w.remove} onPress={() => (off.value = off.value.filter((_, m) => m !== n))} />
					</div>
				))}
				<Btn small icon="plus" onPress={() => (off.value = [...off.value, { date: "" }])}>
					{w.addHoliday}
				</Btn>
			</fieldset>
			<Trouble problem={save.problem} />
			{saved.value > 0 && (
				<Notice kind="ok" live test="saved">
					{w.savedAt(time(saved.value))}
				</Notice>
			)}
			<Btn kind="main" wide busy={save.busy} onPress={() => void save()} test="save-hours">
				{w.save}
			</Btn>
		</section>
	);
}

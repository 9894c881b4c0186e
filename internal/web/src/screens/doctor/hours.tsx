import { type Signal, useSignal } from "@preact/signals";

import type { DoctorHours } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { useLive } from "../../client/live";
import { me } from "../../client/session";
import { Btn, IconBtn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { time } from "../../words/say";
import { words } from "./words";

/** Hours: when booked visits may be, in the week, and days away. */
export default function Hours() {
	const w = words();
	const id = me.value?.id ?? "";
	const saved = useSignal(0); // here, because a saved week is drawn anew
	const hours = useLive("hours", () => versioned("GET /doctors/{id}/hours", { path: { id } }), () => false);
	return (
		<Page title={w.hours} of={hours} plain>
			{(h) => (
				<>
					<Head>{w.hours}</Head>
					<Week key={h.tag} id={id} tag={h.tag} was={h.body} saved={saved} reload={hours.reload} />
				</>
			)}
		</Page>
	);
}

function Week({ id, tag, was, saved, reload }: { id: string; tag: string; was: DoctorHours; saved: Signal<number>; reload: () => Promise<void> }) {
	const w = words();
	const h = useSignal<DoctorHours>(was);
	const set = (more: Partial<DoctorHours>) => {
		saved.value = 0;
		h.value = { ...h.value, ...more };
	};
	const save = useAct(async () => {
		await call("PUT /doctors/{id}/hours", { path: { id }, match: tag || "*", body: h.value });
		saved.value = Date.now();
		await reload();
	});
	return (
		<section class="stack-l">
			<Field label={w.name} value={h.value.name} onType={(name) => set({ name })} max={120} />
			<Field label={w.zone} value={h.value.time_zone} onType={(time_zone) => set({ time_zone })} />
			{[1, 2, 3, 4, 5, 6, 0].map((day) => (
				<fieldset key={day}>
					<legend>{w.days[day]}</legend>
					{!h.value.weekly.some((s) => s.day === day) && <p class="sub">{w.none}</p>}
					{h.value.weekly.map(
						(s, n) =>
							s.day === day && (
								<div key={n} class="span">
									<Field label={w.from} type="time" value={s.from} onType={(from) => set({ weekly: h.value.weekly.map((x, m) => (m === n ? { ...x, from } : x)) })} />
									<Field label={w.until} type="time" value={s.until} onType={(until) => set({ weekly: h.value.weekly.map((x, m) => (m === n ? { ...x, until } : x)) })} />
									<IconBtn icon="trash-2" label={w.remove} onPress={() => set({ weekly: h.value.weekly.filter((_, m) => m !== n) })} />
								</div>
							),
					)}
					<Btn small icon="plus" onPress={() => set({ weekly: [...h.value.weekly, { day, from: "09:00", until: "17:00" }] })}>
						{w.addHours}
					</Btn>
				</fieldset>
			))}
			<fieldset>
				<legend>{w.awayDays}</legend>
				{h.value.exceptions.map((x, n) => (
					<div key={n} class="span">
						<Field label={w.date} type="date" value={x.on} onType={(on) => set({ exceptions: h.value.exceptions.map((y, m) => (m === n ? { ...y, on } : y)) })} />
						<IconBtn icon="trash-2" label={w.remove} onPress={() => set({ exceptions: h.value.exceptions.filter((_, m) => m !== n) })} />
					</div>
				))}
				<Btn small icon="plus" onPress={() => set({ exceptions: [...h.value.exceptions, { on: "" }] })}>
					{w.addAway}
				</Btn>
			</fieldset>
			<Trouble problem={save.problem} />
			{saved.value > 0 && (
				<Notice kind="ok" live test="saved">
					{w.saved(time(saved.value))}
				</Notice>
			)}
			<Btn kind="main" wide busy={save.busy} onPress={() => void save()} test="save-hours">
				{w.save}
			</Btn>
		</section>
	);
}

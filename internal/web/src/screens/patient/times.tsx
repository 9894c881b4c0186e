import { useSignal } from "@preact/signals";

import type { SlotView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Failure } from "../../client/problem";
import { go } from "../../client/router";
import { Btn } from "../../parts/button";
import { Options, Pick } from "../../parts/field";
import { Empty } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { day, money, time, when } from "../../words/say";
import { CardPick } from "./pay";
import { Whom } from "./people";
import { words } from "./visit-words";

interface Loaded {
	patient: string;
	slots: SlotView[];
	fee: { minor: number; currency: string };
}

/** The times of an intake that was handed in, or of a visit that moves. */
export default function Times({ id, visit }: { id?: string; visit?: string }) {
	const w = words().times;
	const chosen = useSignal<string>("");
	const onDay = useSignal("");
	const doctor = useSignal("");
	const card = useSignal("card_ok");
	const nearest = useSignal<SlotView[]>([]);
	const live = useLive<Loaded>(`times ${id ?? visit}`, async () => {
		const of = visit ? await call("GET /visits/{id}", { path: { id: visit } }) : undefined;
		const intake = await call("GET /intakes/{id}", { path: { id: of?.intake ?? (id as string) } });
		const fee = of?.terms.fee ?? (await call("POST /visits/offer", { body: { intake: intake.id } })).terms.fee;
		const slots = await call("GET /slots", { query: { specialty: of?.specialty ?? (intake.specialty || "general"), language: of?.language ?? (intake.language || "en"), jurisdiction: of?.jurisdiction ?? intake.place?.jurisdiction ?? "house" } });
		return { patient: intake.patient, slots: slots.items, fee };
	}, undefined, 30_000);
	const keyOf = (s: SlotView) => `${s.doctor} ${s.start}`;
	const take = useAct(async (key, slot: SlotView) => {
		try {
			const at = { doctor: slot.doctor, start: slot.start };
			const v = visit ? await call("POST /visits/{id}/move", { key, path: { id: visit }, body: at }) : await call("POST /visits", { key, body: { intake: id as string, agreed: live.data?.fee as Loaded["fee"], method: card.value, time: at } });
			go(`/visit/${v.id}/wait`, true);
		} catch (err) {
			if (err instanceof Failure && err.changed) {
				const t = Date.parse(slot.start);
				await live.reload();
				nearest.value = [...(live.data?.slots ?? [])].filter((s) => keyOf(s) !== keyOf(slot)).sort((a, b) => Math.abs(Date.parse(a.start) - t) - Math.abs(Date.parse(b.start) - t)).slice(0, 3);
				chosen.value = "";
			}
			throw err;
		}
	});
	const all = live.data?.slots ?? [];
	const doctors = [...new Map(all.map((s) => [s.doctor, s.name])).entries()];
	const mine = doctor.value ? all.filter((s) => s.doctor === doctor.value) : all;
	const days = [...new Set(mine.map((s) => new Date(s.start).toDateString()))].slice(0, 7);
	const on = days.includes(onDay.value) ? onDay.value : (days[0] ?? "");
	const shown = mine.filter((s) => new Date(s.start).toDateString() === on);
	const slot = all.find((s) => keyOf(s) === chosen.value);
	return (
		<Page
			title={w.title}
			of={live}
			up={visit ? `/visit/${visit}/wait` : `/intake/${id}/when`}
			middle={<Whom person={live.data?.patient} />}
			foot={
				slot && (
					<Btn kind="main" wide busy={take.busy} onPress={() => void take(slot)} test="book">
						{visit ? w.move(when(slot.start)) : w.book(when(slot.start), money(live.data?.fee as Loaded["fee"]))}
					</Btn>
				)
			}
		>
			{() => (
				<>
					<Head>{w.title}</Head>
					<Trouble problem={take.problem} />
					{nearest.value.length > 0 && (
						<section>
							<Notice kind="lamp" live>
								{w.taken}
							</Notice>
							<Options legend={w.taken} hideLegend value={chosen.value} onPick={(v) => (chosen.value = v)} of={nearest.value.map((s) => ({ value: keyOf(s), text: when(s.start), sub: s.name }))} one />
						</section>
					)}
					{all.length === 0 ? (
						<Empty drawing="door">
							<p>{w.none}</p>
						</Empty>
					) : (
						<section class="stack-l">
							{doctors.length > 1 && <Pick label={w.doctor} value={doctor.value} of={[["", w.any], ...doctors]} onPick={(v) => (doctor.value = v)} />}
							<Options legend={w.day} value={on} onPick={(v) => (onDay.value = v)} of={days.map((d) => ({ value: d, text: <span class="first-up">{day(d)}</span> }))} test="day" />
							<Options legend={day(on)} hideLegend value={chosen.value} onPick={(v) => (chosen.value = v)} of={shown.slice(0, 40).map((s) => ({ value: keyOf(s), text: <span class="num">{time(s.start)}</span>, sub: doctor.value ? undefined : s.name }))} test="slot" />
							{!visit && <CardPick value={card.value} onPick={(v) => (card.value = v)} />}
						</section>
					)}
				</>
			)}
		</Page>
	);
}

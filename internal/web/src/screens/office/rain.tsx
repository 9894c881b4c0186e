import type { ZoneView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { when } from "../../words/say";
import { words } from "./words";

const spans = [60, 180, 480] as const;

/** Rain says what it does before it is pressed, and afterwards who said so and until when. */
export function Rain({ zone }: { zone: ZoneView }) {
	const w = words();
	const live = useLive(`zone ${zone.id}`, () => call("GET /zones/{id}", { path: { id: zone.id } }), (e) => e.kind.startsWith("zone."));
	const z = live.data ?? zone;
	const say = useAct(async (key, rain: boolean, minutes: number) => {
		live.put(await call("POST /zones/{id}/weather", { key, path: { id: zone.id }, body: minutes > 0 ? { rain, minutes } : { rain } }));
	});
	const r = z.raining;
	return (
		<section class="stack card" data-test="rain" data-rain={z.rain}>
			<h2>{w.weather}</h2>
			<div role="status">
				{z.rain ? (
					<Notice kind="lamp" test="raining">
						<b>{r ? w.rainBy(r.name || w.somebody, when(r.since), r.until ? when(r.until) : "") : w.raining}</b> {w.rainDoes}
					</Notice>
				) : (
					<p class="sub">
						{w.dry} {w.rainWould}
					</p>
				)}
			</div>
			<Trouble problem={say.problem} />
			<div class="acts">
				{spans.map((m) => (
					<Btn key={m} small busy={say.busy} onPress={() => void say(true, m)} test={`rain-${m}`}>
						{z.rain ? w.rainMore(m / 60) : w.rainFor(m / 60)}
					</Btn>
				))}
				{z.rain && (
					<Btn small kind="main" busy={say.busy} onPress={() => void say(false, 0)} test="rain-over">
						{w.rainOver}
					</Btn>
				)}
			</div>
		</section>
	);
}

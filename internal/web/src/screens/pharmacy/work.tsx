import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { JobView, WorkView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { go } from "../../client/router";
import { ready, ring } from "../../client/sound";
import { Btn, Go } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Empty } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { listed, time } from "../../words/say";
import { useKeys } from "../../parts/keys";
import { Budget } from "./budget";
import { ComingLater } from "./later";
import { medicine } from "../../words/medicine";
import { counter, short, sound, toggleSound } from "./place";
import { Order } from "./order";
import { words } from "./words";

/** Work: every order that waits for this pharmacy, the nearest deadline first. */
export default function Work() {
	const w = words();
	const id = counter();
	const work = useLive(`work ${id}`, () => call("GET /pharmacies/{id}/fills", { path: { id } }), () => true, 20_000);
	const place = useLive(`pharmacy ${id}`, () => call("GET /pharmacies/{id}", { path: { id } }), (e) => e.kind.startsWith("pharmacy."));
	const coming = useLive(`coming ${id}`, () => call("GET /pharmacies/{id}/jobs", { path: { id } }), (e) => e.kind.startsWith("job."), 15_000);
	const riders = new Map((coming.data?.items ?? []).map((j) => [j.order, j.state]));
	const chosen = useSignal("");
	const items = work.data?.items ?? [];
	useTones(items);
	const at = items.findIndex((f) => f.fill === chosen.value);
	const move = (by: number) => {
		const next = items[Math.max(0, Math.min(items.length - 1, at + by))];
		if (next) chosen.value = next.fill;
	};
	useKeys({ j: () => move(1), k: () => move(-1), Enter: () => at >= 0 && go(`/p/order/${items[at]?.fill}`) });
	const p = place.data;
	return (
		<div class={`two-panes ${at >= 0 ? "open" : ""}`} onClick={ready}>
			<Page
				title={w.work}
				of={work}
				plain
				wide
				top={
					<header class="work-top">
						<Head>{w.work}</Head>
						{p && (
							<span class="sub">
								<Icon name="store" /> {p.paused_until ? w.paused(time(p.paused_until)) : p.open ? w.open : w.closed}
							</span>
						)}
						<Go small to="/p/hours" icon={p?.paused_until ? "play" : "pause"}>
							{p?.paused_until ? w.hours : w.pauseNew}
						</Go>
						<Btn kind="bare" small icon={sound.value ? "volume-2" : "volume-x"} pressed={sound.value} onPress={toggleSound} test="sound">
							{sound.value ? w.sound.on : w.sound.off}
						</Btn>
					</header>
				}
			>
				{({ items }) => (
					<>
						<Trouble problem={work.problem} />
						{items.length === 0 && (
							<Empty drawing="bag">
								<p>{w.none}</p>
							</Empty>
						)}
						<ul class="work" aria-label={w.work}>
							{items.map((f) => (
								<Row key={f.fill} of={f} rider={riders.get(f.order)} chosen={f.fill === chosen.value} onPick={() => (chosen.value = f.fill)} />
							))}
						</ul>
						<ComingLater id={id} />
						{items.length > 0 && (
							<p class="sub keys-hint">
								<kbd class="kbd">J</kbd> <kbd class="kbd">K</kbd> {w.keys} <kbd class="kbd">Enter</kbd> {w.enter}
							</p>
						)}
					</>
				)}
			</Page>
			{at >= 0 && (
				<aside class="pane">
					<Order key={chosen.value} id={chosen.value} beside />
				</aside>
			)}
		</div>
	);
}

function Row({ of, rider, chosen, onPick }: { of: WorkView; rider: JobView["state"] | undefined; chosen: boolean; onPick: () => void }) {
	const w = words();
	return (
		<li class={chosen ? "chosen" : ""} data-test={`work-${of.state}`}>
			<Budget of={of} />
			<button type="button" class="what" onClick={onPick} aria-pressed={chosen}>
				<b>{listed((of.medicines ?? []).map(medicine)) || w.medicines(of.lines)}</b>
				<span class="sub num">
					{short(of.order)} · {w.how[of.fulfilment]}
				</span>
			</button>
			<span class={`rider sub ${rider === "at_pharmacy" ? "here" : ""}`}>
				{of.fulfilment === "courier" && (
					<>
						<Icon name="bike" />
						<span>{w.rider[rider ?? "planned"] ?? w.rider.planned}</span>
					</>
				)}
			</span>
			<Go small {...(chosen ? { kind: "main" as const } : {})} to={`/p/order/${of.fill}`} test="work-open">
				{of.owes ? w.look : (w.todo[of.state] ?? w.look)}
			</Go>
		</li>
	);
}

/** One low tone for what is new, two when a minute is left; muted is shown, and the row says it too. */
function useTones(items: readonly WorkView[]): void {
	const now = useNow(5000);
	const heard = useRef<Map<string, number> | undefined>(undefined);
	useEffect(() => {
		const before = heard.current;
		const next = new Map<string, number>();
		let tones = 0;
		for (const f of items) {
			const near = !f.owes && f.deadline !== undefined && f.state !== "ready" && +new Date(f.deadline) - now < 60_000;
			const level = near ? 2 : 1;
			next.set(f.fill, Math.max(level, before?.get(f.fill) ?? 0));
			if (before && level > (before.get(f.fill) ?? 0) && (f.state === "offered" || near)) tones = Math.max(tones, level);
		}
		heard.current = next;
		if (tones && sound.value) ring(tones);
	}, [items, now]);
}

import { useSignal } from "@preact/signals";

import type { GeoPoint, ZoneBody, ZoneView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Area, Field, Tick } from "../../parts/field";
import { Line, Lines } from "../../parts/list";
import { MapBox } from "../../parts/map/map";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { money, span } from "../../words/say";
import { readPoints, writePoints } from "./points";
import { Rain } from "./rain";
import { Fullness, Windows } from "./windows";
import { words } from "./words";

/** Zones: drawn on the map, and typed for who can't draw. */
export default function Zones() {
	const w = words();
	const zones = useLive("zones", () => call("GET /zones"), (e) => e.kind.startsWith("zone."));
	const chosen = useSignal<ZoneView | "new" | undefined>(undefined);
	return (
		<Page title={w.zones} of={zones} plain wide>
			{({ items }) => (
				<>
					<Head>{w.zones}</Head>
					<section class="stack">
						<Lines>
							{items.map((z) => (
								<Line key={z.id} icon="layers" title={z.name} sub={[span(z.promise_minutes * 60), money(z.delivery_fee), z.jurisdiction, z.slots_only ? w.slotsOnly : (z.windows ?? []).length > 0 && w.slotsToo, z.rain && w.raining, z.withdrawn && w.withdrawn].filter(Boolean).join(" · ")} onPress={() => (chosen.value = z)} test="zone" />
							))}
						</Lines>
						<Btn icon="plus" onPress={() => (chosen.value = "new")} test="new-zone">
							{w.newZone}
						</Btn>
					</section>
					{chosen.value && (
						<Drawing
							key={chosen.value === "new" ? "new" : chosen.value.id}
							of={chosen.value === "new" ? undefined : chosen.value}
							like={items[0]}
							done={() => {
								chosen.value = undefined;
								void zones.reload();
							}}
						/>
					)}
				</>
			)}
		</Page>
	);
}

function blank(like: ZoneView | undefined): ZoneBody {
	const currency = like?.delivery_fee.currency ?? "EUR";
	return {
		name: "", country: like?.country ?? "DE", jurisdiction: like?.jurisdiction ?? "house", time_zone: like?.time_zone ?? "Europe/Berlin", emergency_number: like?.emergency_number ?? "112",
		delivery_fee: { minor: like?.delivery_fee.minor ?? 0, currency }, courier_pay: { minor: like?.courier_pay.minor ?? 0, currency },
		promise_minutes: 30, review_minutes: 4, pack_minutes: 6, ride_minutes: 20, polygon: [],
	};
}

function body(z: ZoneView): ZoneBody {
	const { id: _id, withdrawn: _withdrawn, rain: _rain, raining: _raining, ...rest } = z;
	return rest;
}

function Drawing({ of, like, done }: { of: ZoneView | undefined; like: ZoneView | undefined; done: () => void }) {
	const w = words();
	const z = useSignal<ZoneBody>(of ? body(of) : blank(like));
	const typed = useSignal(writePoints(z.value.polygon));
	const points = readPoints(typed.value);
	const set = (more: Partial<ZoneBody>) => (z.value = { ...z.value, ...more });
	const save = useAct(async (key) => {
		const full = { ...z.value, polygon: points ?? [] };
		if (of) {
			const now = await versioned("GET /zones/{id}", { path: { id: of.id } });
			await call("PUT /zones/{id}", { path: { id: of.id }, match: now.tag, body: full });
		} else await call("POST /zones", { key, body: full });
		done();
	});
	const withdraw = useAct(async (key) => {
		await call("POST /zones/{id}/withdraw", { key, path: { id: of?.id ?? "" } });
		done();
	});
	const pick = (p: GeoPoint) => (typed.value = `${typed.value.trim()}\n${p.lat.toFixed(5)}, ${p.lon.toFixed(5)}`.trim());
	const minutes = (label: string, key: "promise_minutes" | "review_minutes" | "pack_minutes" | "ride_minutes") => <Field label={label} type="number" value={String(z.value[key])} onType={(v) => set({ [key]: Number(v) || 0 })} />;
	const amount = (label: string, key: "delivery_fee" | "courier_pay") => <Field label={`${label} (${z.value[key].currency})`} inputmode="decimal" value={String(z.value[key].minor / 100)} onType={(v) => set({ [key]: { ...z.value[key], minor: Math.round(Number(v.replace(",", ".")) * 100) || 0 } })} />;
	return (
		<section class="cols" data-test="zone-form">
			<div class="stack">
				{of && !of.withdrawn && <Rain zone={of} />}
				{of && <Fullness zone={of.id} />}
				<MapBox label={w.zones} height="tall" marks={(points ?? []).map((at, n) => ({ id: String(n), at, kind: "pin" as const, name: String(n + 1) }))} zones={points && points.length > 2 ? [points] : []} onPick={pick} {...(like && !points?.length ? { fit: like.polygon } : {})} />
				<Area label={w.points} hint={w.pointsHint} rows={6} value={typed.value} onType={(v) => (typed.value = v)} said={typed.value.trim() && !points ? w.badPoints : ""} test="points" />
			</div>
			<div class="stack">
				<Field label={w.name} value={z.value.name} onType={(name) => set({ name })} max={80} test="zone-name" />
				{minutes(w.promise, "promise_minutes")}
				{minutes(w.reviewMin, "review_minutes")}
				{minutes(w.packMin, "pack_minutes")}
				{minutes(w.rideMin, "ride_minutes")}
				{amount(w.fee, "delivery_fee")}
				{amount(w.pay, "courier_pay")}
				<Field label={w.jurisdiction} value={z.value.jurisdiction} onType={(jurisdiction) => set({ jurisdiction })} />
				<Field label={w.emergency} value={z.value.emergency_number} onType={(emergency_number) => set({ emergency_number })} />
				<Field label={w.timeZone} value={z.value.time_zone} onType={(time_zone) => set({ time_zone })} />
				<Windows value={z.value.windows ?? []} only={!!z.value.slots_only} problem={save.problem} onChange={(windows, slots_only) => set({ windows, slots_only })} />
				<Tick on={!!z.value.one_counter} onPick={(one_counter) => set({ one_counter })} test="one-counter">
					{w.oneCounter}
				</Tick>
				<Trouble problem={save.problem ?? withdraw.problem} />
				<Btn kind="main" wide busy={save.busy} off={!points || !z.value.name.trim()} onPress={() => void save()} test="save-zone">
					{w.save}
				</Btn>
				{of && !of.withdrawn && (
					<Btn kind="stop" wide busy={withdraw.busy} onPress={() => void withdraw()}>
						{w.withdraw}
					</Btn>
				)}
			</div>
		</section>
	);
}

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { GeoPoint, IntakeOptions, IntakeView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import type { Draft } from "../../client/draft";
import { useLive } from "../../client/live";
import { fieldSaid } from "../../client/problem";
import { go } from "../../client/router";
import { Btn } from "../../parts/button";
import { Area, Field, Options, Said, Tick } from "../../parts/field";
import { Line, Lines } from "../../parts/list";
import { MapBox } from "../../parts/map/map";
import { Notice, Trouble } from "../../parts/notice";
import { Head } from "../../parts/page";
import { language } from "../../words/words";
import { orNothing } from "./facts";
import { words } from "./intake-words";
import type { Known } from "./people";

/** Answers is what every step of an intake stands on. */
export interface Answers {
	intake: IntakeView;
	draft: Draft;
	known: Known | undefined;
	options: IntakeOptions | undefined;
	/** Next was pressed while something was missing. */
	tried: boolean;
	next: () => void;
}

/** PlacePick finds a place: where the device is, out of the book, or on the map, also by keyboard. */
export function PlacePick({ patient, at, onPick, label }: { patient: string; at: GeoPoint | undefined; onPick: (at: GeoPoint) => void; label: string }) {
	const w = words().where;
	const s = useSignal<"" | "looking" | "failed" | "map">("");
	const book = useLive(`places ${patient}`, () => (patient ? orNothing(call("GET /patients/{id}/addresses", { path: { id: patient } }), { items: [] }) : Promise.resolve({ items: [] })));
	const shops = useLive("pharmacies", () => call("GET /pharmacies", { query: { limit: 50 } }), () => false, 3_600_000);
	const locate = () => {
		s.value = "looking";
		if (!navigator.geolocation) {
			s.value = "failed";
			return;
		}
		navigator.geolocation.getCurrentPosition(
			(p) => {
				s.value = "";
				onPick({ lat: Math.round(p.coords.latitude * 1e5) / 1e5, lon: Math.round(p.coords.longitude * 1e5) / 1e5 });
			},
			() => (s.value = "failed"),
			{ enableHighAccuracy: true, timeout: 12_000, maximumAge: 60_000 },
		);
	};
	const around = (shops.data?.items ?? []).map((p) => p.at);
	const middle = (): GeoPoint => ({ lat: around.reduce((n, p) => n + p.lat, 0) / Math.max(1, around.length), lon: around.reduce((n, p) => n + p.lon, 0) / Math.max(1, around.length) });
	useEffect(() => {
		if (s.value === "map" && !at && around.length > 0) openMap(); // the pharmacies came after the map was asked for
	}, [around.length]);
	const move = (north: number, east: number) => {
		const from = at ?? middle();
		onPick({ lat: Math.round((from.lat + north * 0.0005) * 1e5) / 1e5, lon: Math.round((from.lon + east * 0.0008) * 1e5) / 1e5 });
	};
	const openMap = () => {
		s.value = "map";
		if (!at && around.length > 0) onPick({ lat: Math.round(middle().lat * 1e5) / 1e5, lon: Math.round(middle().lon * 1e5) / 1e5 });
	};
	return (
		<div class="stack">
			<Btn wide icon="navigation" busy={s.value === "looking"} onPress={locate} test="locate">
				{s.value === "looking" ? w.looking : w.here}
			</Btn>
			{s.value === "failed" && <Notice kind="warn">{w.failed}</Notice>}
			{(book.data?.items.length ?? 0) > 0 && (
				<Lines label={w.book}>
					{book.data?.items.map((p) => (
						<Line key={p.id} icon="map-pin" title={p.label || p.street || w.book} sub={p.label ? p.street : undefined} onPress={() => onPick(p.point)} test="from-book" />
					))}
				</Lines>
			)}
			{s.value !== "map" ? (
				<>
					{/* The map opens in the middle of the town, so it waits until the town is known. */}
					<Btn wide icon="map" busy={!at && !shops.data && !shops.problem} onPress={openMap} test="on-map">
						{w.map}
					</Btn>
				</>
			) : (
				<>
					<p class="sub">{w.mapHint}</p>
					<div class="card flush">
						<MapBox label={label} height="tall" marks={at ? [{ id: "at", at, kind: "pin", name: w.pin }] : []} fit={around.length > 1 ? around : at ? [at] : []} onPick={onPick} />
					</div>
					<div class="opts">
						<Btn onPress={() => move(1, 0)}>{w.north}</Btn>
						<Btn onPress={() => move(-1, 0)}>{w.south}</Btn>
						<Btn onPress={() => move(0, -1)}>{w.west}</Btn>
						<Btn onPress={() => move(0, 1)}>{w.east}</Btn>
					</div>
				</>
			)}
		</div>
	);
}

export function WhereStep({ intake, draft, known, tried }: Answers) {
	const w = words().where;
	const at = draft.state.value.pending.where ?? intake.place?.point;
	return (
		<>
			<Head>{w.title(known?.kind !== "helped" && known?.kind !== "child")}</Head>
			<p class="hint">{w.hint}</p>
			<section>
				<PlacePick patient={intake.patient} at={at} onPick={(where) => draft.type({ where })} label={w.mapLabel} />
				{intake.place && !draft.state.value.pending.where && (
					<div class="top-gap">
						<Notice kind={intake.place.zone ? "ok" : "warn"} live test="placed">
							{w.set(!!intake.place.zone, intake.emergency_number)}
						</Notice>
					</div>
				)}
				<Said text={tried && !intake.place ? w.need : ""} />
			</section>
		</>
	);
}

export function ContactStep({ intake, draft, options, tried }: Answers) {
	const w = words().contact;
	const version = options?.consent ?? "";
	return (
		<>
			<Head>{w.title}</Head>
			<p class="hint">{w.hint}</p>
			<section class="stack-l">
				<Field label={w.label} type="tel" inputmode="tel" autocomplete="tel" value={intake.call_back ?? ""} onType={(call_back) => draft.type({ call_back })} said={fieldSaid(draft.state.value.problem, "call_back")} test="call-back" max={25} />
				<div>
					<h2>{w.consentTitle}</h2>
					<ul class="bullets">
						{w.consent.map((line) => (
							<li key={line}>{line}</li>
						))}
					</ul>
					<Tick on={!!intake.consent && intake.consent === version} onPick={(on) => on && version && draft.type({ consent: version })} test="consent">
						{w.agree}
					</Tick>
				</div>
				<Said text={tried && (!intake.call_back || !intake.consent) ? w.need : ""} />
			</section>
		</>
	);
}

/** complaintName is a complaint in words. */
export function complaintName(code: string): string {
	return words().complaints[code.replace(/_/g, " ")] ?? code.replace(/_/g, " ");
}

export function ComplaintStep({ intake, draft, options, tried }: Answers) {
	const w = words().complaint;
	return (
		<>
			<Head>{w.title}</Head>
			<p class="hint">{w.hint}</p>
			<section>
				<Options legend={w.title} hideLegend value={intake.complaint} onPick={(complaint) => draft.type({ complaint })} of={(options?.complaints ?? []).map((value) => ({ value, text: complaintName(value) }))} said={tried && !intake.complaint ? w.need : ""} test="complaint" />
			</section>
		</>
	);
}

export function StoryStep({ intake, draft }: Answers) {
	const w = words().story;
	return (
		<>
			<Head>{w.title}</Head>
			<p class="hint">{w.hint}</p>
			<section>
				<Area label={w.label} value={intake.words ?? ""} onType={(text) => draft.type({ words: text })} onLeave={() => void draft.flush()} max={4000} rows={6} test="words" />
			</section>
		</>
	);
}

/** Review: everything that was said, each with the way back to it. */
export function ReviewStep({ intake }: Answers) {
	const w = words();
	const r = w.review;
	const zh = language.value === "zh";
	const list = (items: { words?: string; code?: string }[] | null | undefined, none: boolean) => items?.map((x) => x.words ?? x.code).join(zh ? "、" : ", ") || (none ? w.none : r.nothing);
	const h = intake.health;
	const temp = intake.vitals.find((v) => v.kind === "temperature");
	const lines: [step: string, title: string, text: string][] = [
		["complaint", w.complaint.title, intake.complaint ? complaintName(intake.complaint) : r.nothing],
		["story", w.story.title, intake.words || r.nothing],
		["temperature", w.temperature.title, temp ? `${temp.value} °C` : r.nothing],
		["allergies", w.allergies.title, list(h.allergies, !!h.none?.includes("allergy"))],
		["medicines", w.medicines.title, list(h.medicines, !!h.none?.includes("medicine"))],
		["conditions", w.conditions.title, list(h.conditions, !!h.none?.includes("condition"))],
		["body", w.body.weight, h.weight_kg ? `${h.weight_kg} kg` : r.nothing],
		["photos", w.photos.title, w.photos.count(intake.attachments.filter((a) => a.state === "readable").length)],
		["contact", w.contact.label, intake.call_back ?? r.nothing],
	];
	return (
		<>
			<Head>{r.title}</Head>
			<p class="hint">{r.hint}</p>
			<section>
				<Lines>
					{lines.map(([step, title, text]) => (
						<Line key={step} to={`/intake/${intake.id}/${step}`} title={text} sub={title} />
					))}
				</Lines>
			</section>
		</>
	);
}

ReviewStep.Foot = function Foot({ intake, draft }: Answers) {
	const w = words();
	const hand = useAct(async (key) => {
		await draft.flush();
		const done = await call("POST /intakes/{id}/submit", { key, path: { id: intake.id } });
		if (done.state === "submitted") {
			await draft.drop();
			go(`/intake/${intake.id}/when`, true);
		} else draft.put(done, "");
	});
	return (
		<>
			<Trouble problem={hand.problem} />
			<Btn kind="main" wide busy={hand.busy} onPress={() => void hand()} test="hand-in">
				{w.review.hand}
			</Btn>
		</>
	);
};

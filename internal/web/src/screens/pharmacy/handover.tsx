import { useSignal } from "@preact/signals";

import type { FillView, JobView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { ReadCode } from "../../parts/camera";
import { Field } from "../../parts/field";
import { useKeys } from "../../parts/keys";
import { Notice, Trouble } from "../../parts/notice";
import { counter } from "./place";
import { words } from "./words";

/** HandOver gives the bag away: to the courier by their code, to the patient by theirs, or to a carrier. */
export function HandOver({ fill, put }: { fill: FillView; put: (f: FillView) => void }) {
	switch (fill.fulfilment) {
		case "courier":
			return <ToCourier fill={fill} put={put} />;
		case "pickup":
			return <ToPatient fill={fill} put={put} />;
		default:
			return <ToCarrier fill={fill} put={put} />;
	}
}

interface With {
	fill: FillView;
	put: (f: FillView) => void;
}

function ToCourier({ fill, put }: With) {
	const w = words();
	const jobs = useLive(`counter ${counter()}`, () => call("GET /pharmacies/{id}/jobs", { path: { id: counter() } }), (e) => e.kind.startsWith("job.") || e.kind.startsWith("fill."));
	const job = jobs.data?.items.find((j) => j.order === fill.order);
	const code = useSignal("");
	const hand = useAct(async (key) => {
		const of = job as JobView;
		try {
			await call("POST /jobs/{id}/collect", { key, path: { id: of.id }, body: { code: code.value } });
		} finally {
			code.value = "";
		}
		put(await call("GET /fills/{id}", { path: { id: fill.id } }));
	});
	const here = job?.state === "at_pharmacy";
	const may = here && code.value.length === 6;
	useKeys({ h: () => may && void hand() });
	return (
		<div class="stack-l">
			<Notice kind={here ? "lamp" : "info"} live>
				{here ? w.atCounter : job && job.state === "accepted" ? w.onTheWay : w.noCourier}
			</Notice>
			{job?.locked?.includes("counter") && <Notice kind="stop">{w.locked}</Notice>}
			<Code label={w.courierCode} value={code.value} onType={(v) => (code.value = v)} />
			<Trouble problem={hand.problem ?? jobs.problem} />
			<Btn kind="main" wide icon="package-check" keycap="H" busy={hand.busy} off={!may} onPress={() => void hand()} test="hand-over">
				{w.handOver}
			</Btn>
		</div>
	);
}

/** TakeBack takes a bag back that a courier could not hand over; nothing is shown while none comes. */
export function TakeBack({ fill, put }: With) {
	const w = words();
	const jobs = useLive(`counter ${counter()}`, () => call("GET /pharmacies/{id}/jobs", { path: { id: counter() } }), (e) => e.kind.startsWith("job.") || e.kind.startsWith("fill."));
	const job = jobs.data?.items.find((j) => j.order === fill.order && (j.state === "returning" || j.state === "failed"));
	const code = useSignal("");
	const take = useAct(async (key) => {
		try {
			await call("POST /jobs/{id}/take-back", { key, path: { id: job?.id ?? "" }, body: { code: code.value } });
		} finally {
			code.value = "";
		}
		put(await call("GET /fills/{id}", { path: { id: fill.id } }));
	});
	if (!job) return <Notice kind="ok">{w.done}</Notice>;
	return (
		<div class="stack-l">
			<Notice kind="lamp" live>
				{w.takeBack}
			</Notice>
			{job.locked?.includes("return") && <Notice kind="stop">{w.locked}</Notice>}
			<Code label={w.takeBackHint} value={code.value} onType={(v) => (code.value = v)} />
			<Trouble problem={take.problem} />
			<Btn kind="main" wide icon="undo-2" busy={take.busy} off={code.value.length < 6} onPress={() => void take()} test="take-back">
				{w.takeBack}
			</Btn>
		</div>
	);
}

function ToPatient({ fill, put }: With) {
	const w = words();
	const code = useSignal("");
	const hand = useAct(async (key) => {
		try {
			put(await call("POST /fills/{id}/hand-over", { key, path: { id: fill.id }, body: { code: code.value } }));
		} finally {
			code.value = "";
		}
	});
	return (
		<div class="stack-l">
			{(fill.code_tries ?? 0) >= 5 && <Notice kind="stop">{w.locked}</Notice>}
			<Code label={w.patientCode} value={code.value} onType={(v) => (code.value = v)} />
			<Trouble problem={hand.problem} />
			<Btn kind="main" wide icon="package-check" busy={hand.busy} off={code.value.length < 6} onPress={() => void hand()} test="hand-over">
				{w.handOver}
			</Btn>
		</div>
	);
}

function ToCarrier({ fill, put }: With) {
	const w = words();
	const s = useSignal({ carrier: "", tracking: "" });
	const ship = useAct(async (key) => put(await call("POST /fills/{id}/ship", { key, path: { id: fill.id }, body: { carrier: s.value.carrier.trim(), tracking: s.value.tracking.trim() } })));
	return (
		<div class="stack-l">
			<Field label={w.carrier} value={s.value.carrier} onType={(carrier) => (s.value = { ...s.value, carrier })} max={60} />
			<Field label={w.tracking} value={s.value.tracking} onType={(tracking) => (s.value = { ...s.value, tracking })} max={60} />
			<Trouble problem={ship.problem} />
			<Btn kind="main" wide icon="truck" busy={ship.busy} off={!s.value.carrier.trim() || !s.value.tracking.trim()} onPress={() => void ship()} test="ship">
				{w.ship}
			</Btn>
		</div>
	);
}

const sixFigures = /^\d{6}$/;

/** Code is typed, or read from the other's screen with the camera. */
function Code({ label, value, onType }: { label: string; value: string; onType: (v: string) => void }) {
	return (
		<div class="stack">
			<Field label={label} value={value} onType={(v) => onType(v.replace(/\D/g, "").slice(0, 6))} inputmode="numeric" autocomplete="off" max={6} test="code" />
			<ReadCode label={words().scan} letter="b" formats={["qr_code"]} onRead={(v) => sixFigures.test(v) && (onType(v), true)} test="scan-code" />
		</div>
	);
}

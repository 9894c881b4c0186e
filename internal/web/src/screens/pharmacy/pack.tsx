import { useSignal } from "@preact/signals";

import type { FillView, PackedIn } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { ReadCode } from "../../parts/camera";
import { Field, Pick, Tick } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { QR } from "../../parts/qr";
import { Sheet } from "../../parts/sheet";
import { readGS1 } from "./gs1";
import { medicine } from "../../words/medicine";
import { inTongue } from "../../words/say";
import { words } from "./words";

/** Pack goes by a check list: for each medicine the batches that went into the bag, then labels and the seal. */
export function Pack({ fill, put }: { fill: FillView; put: (f: FillView) => void }) {
	const w = words();
	const typed = useSignal<PackedIn[]>(fill.packed.length > 0 ? fill.packed : fill.lines.map((l, n) => empty(n, l.product, l.units)));
	const less = useSignal(false);
	const save = useAct(async (key) => put(await call("POST /fills/{id}/pack", { key, path: { id: fill.id }, body: { packed: typed.value } })));
	const set = (at: number, more: Partial<PackedIn>) => (typed.value = typed.value.map((p, n) => (n === at ? { ...p, ...more } : p)));
	const done = fill.packed.length > 0 && same(fill.packed, typed.value);
	return (
		<div class="stack-l">
			<h2>{w.pack}</h2>
			<p class="sub">{w.packHint}</p>
			{fill.lines.map((l, line) => (
				<section key={l.product} class="card stack" aria-label={medicine(l.product)}>
					<h3>{medicine(l.product)}</h3>
					<p class="sub num">{w.wanted(l.units)}</p>
					{typed.value.map((p, at) => p.line === line && <Batch key={at} of={p} at={at} set={(m) => set(at, m)} />)}
					<Missing wanted={l.units} packed={typed.value.filter((p) => p.line === line)} />
					<Btn small icon="plus" onPress={() => (typed.value = [...typed.value, empty(line, l.product, 0)])}>
						{w.another}
					</Btn>
				</section>
			))}
			<Trouble problem={save.problem} />
			<Btn kind={done ? "more" : "main"} wide icon="package" busy={save.busy} onPress={() => void save()} test="pack">
				{w.savePack}
			</Btn>
			<Btn kind="bare" wide onPress={() => (less.value = true)} test="give-less">
				{w.less}
			</Btn>
			{done && <Seal fill={fill} put={put} />}
			{less.value && <Less fill={fill} put={put} onClose={() => (less.value = false)} />}
		</div>
	);
}

/** same tells whether what was saved is what stands in the fields. */
function same(saved: PackedIn[], typed: PackedIn[]): boolean {
	return saved.length === typed.length && saved.every((p, n) => (Object.keys(typed[n] ?? {}) as (keyof PackedIn)[]).every((k) => p[k] === typed[n]?.[k]));
}

function empty(line: number, product: string, units: number): PackedIn {
	return { line, product, batch: "", expiry: "", units };
}

function Missing({ wanted, packed }: { wanted: number; packed: PackedIn[] }) {
	const left = wanted - packed.reduce((n, p) => n + p.units, 0);
	return left > 0 ? <p class="sub">{words().notPacked(left)}</p> : null;
}

function Batch({ of: p, at, set }: { of: PackedIn; at: number; set: (m: Partial<PackedIn>) => void }) {
	const w = words();
	const read = (raw: string) => {
		const r = readGS1(raw);
		set({ ...(r.batch ? { batch: r.batch } : {}), ...(r.expiry ? { expiry: r.expiry } : {}) });
		return true;
	};
	return (
		<div class="batch">
			<Field label={w.batch} value={p.batch} onType={(batch) => set({ batch })} max={40} test={`batch-${at}`} />
			<Field label={w.expiry} type="date" value={p.expiry} onType={(expiry) => set({ expiry })} test={`expiry-${at}`} />
			<Field label={w.units} type="number" inputmode="numeric" value={String(p.units || "")} onType={(v) => set({ units: Number(v) || 0 })} test={`units-${at}`} />
			<ReadCode small label={w.scan} {...(at === 0 ? { letter: "b" } : {})} formats={["data_matrix", "qr_code", "code_128", "ean_13"]} onRead={read} test={`scan-${at}`} />
		</div>
	);
}

const sealNumber = /^[\w-]{1,20}$/;

function Seal({ fill, put }: { fill: FillView; put: (f: FillView) => void }) {
	const w = words();
	const seal = useSignal("");
	const labelled = useSignal(false);
	const ready = useAct(async (key) => put(await call("POST /fills/{id}/ready", { key, path: { id: fill.id }, body: { seal: seal.value.trim().toUpperCase(), labelled: labelled.value } })));
	return (
		<div class="stack">
			<Labels fill={fill.id} seal={seal.value.trim().toUpperCase()} />
			<Tick on={labelled.value} onPick={(on) => (labelled.value = on)} test="labelled">
				{w.labelled}
			</Tick>
			<Field label={w.seal} value={seal.value} onType={(v) => (seal.value = v)} max={20} test="seal" />
			<ReadCode label={w.scanSeal} formats={["qr_code", "code_128"]} onRead={(v) => sealNumber.test(v) && ((seal.value = v), true)} test="scan-seal" />
			<Trouble problem={ready.problem} />
			<Btn kind="main" wide icon="package-check" busy={ready.busy} off={!labelled.value || !seal.value.trim()} onPress={() => void ready()} test="ready">
				{w.ready}
			</Btn>
		</div>
	);
}

/** Labels are what is printed: one for each medicine, and one for the bag with the number of its seal, which the patient may scan at the door. */
function Labels({ fill, seal }: { fill: string; seal: string }) {
	const w = words();
	const label = useLive(`no-keep label ${fill}`, () => call("GET /fills/{id}/label", { path: { id: fill } }), () => false);
	const l = label.data;
	if (!l) return <Trouble problem={label.problem} />;
	return (
		<div class="stack">
			<div class="labels print-only-this">
				{l.lines.map((x) => (
					<div key={x.product} class="card paper">
						<b>{l.patient_name}</b>
						<p>{inTongue(x.product, medicine(x.code))}</p>
						<p>{inTongue(x.dosage, x.dosage_zh)}</p>
						<p class="sub num">
							{x.batches.join(", ")} · {l.pharmacy} · {l.phone}
						</p>
					</div>
				))}
				{seal && (
					<div class="card paper" data-test="seal-label">
						<p>
							{w.seal}: <b class="num">{seal}</b>
						</p>
						<QR text={seal} label={w.sealAsQR(seal)} />
					</div>
				)}
			</div>
			<Btn icon="printer" onPress={() => window.print()}>
				{w.print}
			</Btn>
		</div>
	);
}

type Why = keyof ReturnType<typeof words>["lessWhy"];

function Less({ fill, put, onClose }: { fill: FillView; put: (f: FillView) => void; onClose: () => void }) {
	const w = words();
	const why = useSignal<Why>("out_of_stock");
	const amounts = useSignal(fill.lines.map((l) => l.quantity));
	const give = useAct(async (key) => {
		const lines = amounts.value.map((quantity, n) => ({ line: n, quantity })).filter((l, n) => l.quantity < (fill.lines[n]?.quantity ?? 0));
		put(await call("POST /fills/{id}/give-less", { key, path: { id: fill.id }, body: { lines, why: why.value } }));
		onClose();
	});
	return (
		<Sheet title={w.less} open onClose={onClose}>
			<div class="stack-l">
				<Notice>{w.lessHint}</Notice>
				{fill.lines.map((l, n) => (
					<Field key={l.product} label={medicine(l.product)} type="number" inputmode="numeric" value={String(amounts.value[n])} onType={(v) => (amounts.value = amounts.value.map((a, m) => (m === n ? Number(v) || 0 : a)))} test={`less-${n}`} />
				))}
				<Pick label={w.why} value={why.value} of={(Object.keys(w.lessWhy) as Why[]).map((k) => [k, w.lessWhy[k]] as const)} onPick={(v) => (why.value = v)} />
				<Trouble problem={give.problem} />
				<Btn kind="main" wide busy={give.busy} onPress={() => void give()} test="less-sure">
					{w.less}
				</Btn>
			</div>
		</Sheet>
	);
}

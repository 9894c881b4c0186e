import { useSignal } from "@preact/signals";

import type { FillFinding, FillSheetView, FillView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { Btn } from "../../parts/button";
import { Area, Field, Options, Pick } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Notice, Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { useKeys } from "../../parts/keys";
import { inTongue } from "../../words/say";
import { medicine } from "../../words/medicine";
import { words } from "./words";

type Ask = "" | "ask" | "substitute" | "refuse";
interface With {
	fill: FillView;
	put: (f: FillView) => void;
}

/** Review decides with the facts of today: what was known when it was signed, and what is new. */
export function Review({ fill, sheet, put }: With & { sheet: FillSheetView }) {
	const w = words();
	const open = useSignal<Ask>("");
	const reasons = useSignal<Record<string, string>>({});
	const accept = useAct(async (key) => put(await call("POST /fills/{id}/accept", { key, path: { id: fill.id }, body: { reasons: reasons.value } })));
	const fresh = sheet.findings.filter((f) => f.severity === "warning" && !f.known);
	const stopped = sheet.findings.some((f) => f.severity === "hard_stop");
	const waits = fill.paused !== undefined;
	const may = !stopped && !waits && fresh.every((f) => (reasons.value[f.id] ?? "").trim().length > 2);
	useKeys({
		a: () => may && void accept(),
		q: () => (open.value = "ask"),
		s: () => (open.value = "substitute"),
		x: () => (open.value = "refuse"),
	});
	const close = () => (open.value = "");
	return (
		<div class="stack-l">
			<h2>{w.findings}</h2>
			{sheet.findings.length === 0 && <Notice kind="ok">{w.clean}</Notice>}
			{sheet.findings.map((f) => (
				<Finding key={f.id} of={f}>
					{f.severity === "warning" && !f.known && (
						<Area label={w.yourReason} rows={2} value={reasons.value[f.id] ?? ""} onType={(v) => (reasons.value = { ...reasons.value, [f.id]: v })} max={500} test={`reason-${f.id}`} />
					)}
				</Finding>
			))}
			<Trouble problem={accept.problem} />
			<Btn kind="main" wide icon="shield-check" keycap="A" busy={accept.busy} off={!may} onPress={() => void accept()} test="accept">
				{w.accept}
			</Btn>
			<div class="acts three">
				<Btn keycap="Q" off={waits} onPress={() => (open.value = "ask")} test="ask">
					{w.ask}
				</Btn>
				<Btn keycap="S" off={waits} onPress={() => (open.value = "substitute")} test="substitute">
					{w.substitute}
				</Btn>
				<Btn keycap="X" onPress={() => (open.value = "refuse")} test="refuse">
					{w.refuse}
				</Btn>
			</div>
			{open.value === "ask" && <AskDoctor fill={fill} put={put} onClose={close} />}
			{open.value === "substitute" && <Substitute fill={fill} sheet={sheet} put={put} onClose={close} />}
			{open.value === "refuse" && <Refuse fill={fill} put={put} onClose={close} />}
		</div>
	);
}

const looks = { hard_stop: ["stop", "octagon-x"], warning: ["warn", "triangle-alert"], info: ["info", "circle-alert"] } as const;

function Finding({ of: f, children }: { of: FillFinding; children?: preact.ComponentChildren }) {
	const w = words();
	const [kind, icon] = looks[f.severity];
	return (
		<div class={`notice ${kind}`} data-test={`finding-${f.severity}`}>
			<Icon name={icon} />
			<div class="stretch">
				<b>{w.severity[f.severity]}</b> <span class="sub">{f.known ? w.known : w.fresh}</span>
				<p>{inTongue(f.text, f.text_zh)}</p>
				{f.reason && <p class="sub break">{w.doctorsReason(f.reason)}</p>}
				{f.source && <p class="sub">{f.source}</p>}
				{children}
			</div>
		</div>
	);
}

function AskDoctor({ fill, put, onClose }: With & { onClose: () => void }) {
	const w = words();
	const text = useSignal("");
	const ask = useAct(async (key) => {
		put(await call("POST /fills/{id}/questions", { key, path: { id: fill.id }, body: { text: text.value.trim() } }));
		onClose();
	});
	return (
		<Sheet title={w.ask} open onClose={onClose} test="ask-sheet">
			<div class="stack-l">
				<p class="sub">{w.askHint}</p>
				<Area label={w.question} value={text.value} onType={(v) => (text.value = v)} max={1000} test="ask-text" />
				<Trouble problem={ask.problem} />
				<Btn kind="main" wide busy={ask.busy} off={!text.value.trim()} onPress={() => void ask()} test="ask-send">
					{w.send}
				</Btn>
			</div>
		</Sheet>
	);
}

function Substitute({ fill, sheet, put, onClose }: With & { sheet: FillSheetView; onClose: () => void }) {
	const w = words();
	const allowed = fill.lines.map((l, n) => [String(n), medicine(l.product)] as const).filter(([n]) => !sheet.lines[Number(n)]?.no_substitute);
	const s = useSignal({ line: allowed[0]?.[0] ?? "", product: "" });
	const propose = useAct(async (key) => {
		put(await call("POST /fills/{id}/substitute", { key, path: { id: fill.id }, body: { line: Number(s.value.line), product: s.value.product.trim() } }));
		onClose();
	});
	return (
		<Sheet title={w.substitute} open onClose={onClose}>
			<div class="stack-l">
				{allowed.length === 0 ? (
					<Notice kind="warn">{w.forbidden}</Notice>
				) : (
					<>
						<p class="sub">{w.substituteHint}</p>
						<Pick label={w.line} value={s.value.line} of={allowed} onPick={(line) => (s.value = { ...s.value, line })} />
						<Field label={w.product} value={s.value.product} onType={(product) => (s.value = { ...s.value, product })} max={96} test="substitute-product" />
						<Trouble problem={propose.problem} />
						<Btn kind="main" wide busy={propose.busy} off={!s.value.product.trim()} onPress={() => void propose()} test="substitute-send">
							{w.send}
						</Btn>
					</>
				)}
			</div>
		</Sheet>
	);
}

type Reason = keyof ReturnType<typeof words>["reasons"];

function Refuse({ fill, put, onClose }: With & { onClose: () => void }) {
	const w = words();
	const reason = useSignal<Reason | undefined>(undefined);
	const note = useSignal("");
	const refuse = useAct(async (key) => {
		put(await call("POST /fills/{id}/refuse", { key, path: { id: fill.id }, body: { reason: reason.value as Reason, ...(note.value.trim() ? { note: note.value.trim() } : {}) } }));
		onClose();
	});
	return (
		<Sheet title={w.refuse} open onClose={onClose} test="refuse-sheet">
			<div class="stack-l">
				<p class="sub">{w.refuseHint}</p>
				<Options one hideLegend legend={w.refuse} value={reason.value} onPick={(r) => (reason.value = r)} of={(Object.keys(w.reasons) as Reason[]).map((value) => ({ value, text: w.reasons[value] }))} test="refuse" />
				<Area label={w.note} rows={2} value={note.value} onType={(v) => (note.value = v)} max={500} />
				<Trouble problem={refuse.problem} />
				<Btn kind="stop" wide busy={refuse.busy} off={!reason.value} onPress={() => void refuse()} test="refuse-sure">
					{w.refuse}
				</Btn>
			</div>
		</Sheet>
	);
}

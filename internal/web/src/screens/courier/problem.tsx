import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

import type { NextView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { Btn } from "../../parts/button";
import { Options } from "../../parts/field";
import { Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { small } from "./photo";
import { take } from "./ride";
import { words } from "./words";

type Fail = keyof ReturnType<typeof words>["fails"];
type Reason = keyof ReturnType<typeof words>["reasons"];

/** Problem is the way out of a job: before the bag is taken it goes to another courier, after that it goes back. */
export function Problem({ now, put, onClose }: { now: NextView; put: (n: NextView) => void; onClose: () => void }) {
	const carries = now.todo === "ride_to_door" || now.todo === "ask_pin";
	return carries ? <CouldNot now={now} onClose={onClose} /> : <GiveBack now={now} put={put} onClose={onClose} />;
}

function CouldNot({ now, onClose }: { now: NextView; onClose: () => void }) {
	const w = words();
	const reason = useSignal<Fail | undefined>(undefined);
	const photo = useSignal<Blob | undefined>(undefined);
	const shoot = useRef<HTMLInputElement>(null);
	const shown = useMemo(() => (photo.value ? URL.createObjectURL(photo.value) : ""), [photo.value]);
	useEffect(() => () => URL.revokeObjectURL(shown), [shown]);
	const fail = useAct(async () => {
		await take(now, "fail", { reason: reason.value }, photo.value);
		onClose();
	});
	const take1 = async (file: File | undefined) => {
		if (file) photo.value = await small(file);
	};
	return (
		<Sheet title={w.failTitle} open onClose={onClose} test="could-not">
			<div class="stack-l">
				<Options one hideLegend legend={w.failTitle} value={reason.value} onPick={(r) => (reason.value = r)} of={(Object.keys(w.fails) as Fail[]).map((value) => ({ value, text: w.fails[value] }))} test="fail" />
				<input ref={shoot} type="file" accept="image/*" capture="environment" hidden aria-label={w.photo} onChange={(e) => void take1(e.currentTarget.files?.[0])} data-test="fail-photo" />
				<div class="photoline">
					{shown && <img src={shown} alt={w.photoTaken} class="thumb" />}
					<Btn wide icon="camera" onPress={() => shoot.current?.click()} test="take-photo">
						{shown ? w.photoAgain : w.photo}
					</Btn>
				</div>
				<p class="sub">{w.photoHint}</p>
				<p class="sub">{w.failHint}</p>
				<Trouble problem={fail.problem} />
				<Btn kind="main" wide busy={fail.busy} off={!reason.value} onPress={() => void fail()} test="fail-sure">
					{w.fail}
				</Btn>
			</div>
		</Sheet>
	);
}

function GiveBack({ now, put, onClose }: { now: NextView; put: (n: NextView) => void; onClose: () => void }) {
	const w = words();
	const reason = useSignal<Reason | undefined>(undefined);
	const give = useAct(async (key) => {
		put(await call("POST /jobs/{id}/decline", { key, path: { id: now.job ?? "" }, body: { sequence: now.sequence, reason: reason.value as Reason } }));
		onClose();
	});
	return (
		<Sheet title={w.giveBack} open onClose={onClose} test="give-back">
			<div class="stack-l">
				<p class="sub">{w.giveBackHint}</p>
				<Options one hideLegend legend={w.why} value={reason.value} onPick={(r) => (reason.value = r)} of={(Object.keys(w.reasons) as Reason[]).map((value) => ({ value, text: w.reasons[value] }))} test="give-back" />
				<Trouble problem={give.problem} />
				<Btn kind="main" wide busy={give.busy} off={!reason.value} onPress={() => void give()} test="give-back-sure">
					{w.giveBack}
				</Btn>
			</div>
		</Sheet>
	);
}

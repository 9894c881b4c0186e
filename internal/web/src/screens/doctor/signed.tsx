import { useSignal } from "@preact/signals";

import type { PrescriptionView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { date, when } from "../../words/say";
import { language } from "../../words/words";
import { words } from "./words";

/** Signed is a prescription that stands; it can be cancelled with a reason, never changed. */
export function Signed({ of: p, reload }: { of: PrescriptionView; reload: () => Promise<void> }) {
	const w = words();
	const open = useSignal(false);
	const why = useSignal("");
	const cancel = useAct(async (key) => {
		await call("POST /prescriptions/{id}/cancel", { key, path: { id: p.id ?? "" }, body: { reason: why.value.trim() } });
		open.value = false;
		await reload();
	});
	return (
		<section class="card stack" data-test={`rx-${p.state}`}>
			<p class={p.state === "signed" ? "chip ok" : "chip"}>
				<Icon name={p.state === "signed" ? "circle-check" : "x"} /> {p.state === "signed" ? `${w.signed} ${p.signed_at ? when(p.signed_at) : ""}` : (w.ended[p.state] ?? p.state)}
			</p>
			{p.items.map((i) => (
				<p key={i.product}>{language.value === "zh" ? i.sentence.zh : i.sentence.en}</p>
			))}
			{p.valid_until && <p class="sub num">{w.validUntil(date(p.valid_until))}</p>}
			{p.state === "signed" && (
				<Btn small onPress={() => (open.value = true)}>
					{w.cancelRx}
				</Btn>
			)}
			<Sheet title={w.cancelRx} open={open.value} onClose={() => (open.value = false)}>
				<div class="stack-l">
					<Field label={w.cancelWhy} value={why.value} onType={(v) => (why.value = v)} max={200} />
					<Trouble problem={cancel.problem} />
					<Btn kind="stop" wide busy={cancel.busy} off={!why.value.trim()} onPress={() => void cancel()}>
						{w.cancelRx}
					</Btn>
				</div>
			</Sheet>
		</section>
	);
}

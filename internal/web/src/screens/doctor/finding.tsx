import { useSignal } from "@preact/signals";

import type { ReasonText, SafetyFinding } from "../../api.gen";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { inTongue } from "../../words/say";
import { words } from "./words";

const looks = { hard_stop: ["stop", "octagon-x"], warning: ["warn", "triangle-alert"], info: ["info", "circle-alert"] } as const;
type Coded = keyof ReturnType<typeof words>["reasons"];

/** Finding says what may happen and what to do; a warning takes a reason, a stop none. */
export function Finding({ of: f, reason, onReason }: { of: SafetyFinding; reason?: ReasonText | undefined; onReason?: (r: ReasonText) => void }) {
	const w = words();
	const typed = useSignal(reason?.words ?? "");
	const [kind, icon] = looks[(f.severity as keyof typeof looks) in looks ? (f.severity as keyof typeof looks) : "warning"];
	return (
		<div class={`notice ${kind}`} data-test={`finding-${f.severity}`}>
			<Icon name={icon} />
			<div class="stretch">
				<b>
					{w.severity[f.severity]}: {(f.drugs ?? []).join(" × ")}
					{f.fact && ` × ${inTongue(f.fact, f.fact_zh)}`}
				</b>
				<p>{inTongue(f.why, f.why_zh)}</p>
				<p>{inTongue(f.do, f.do_zh)}</p>
				<p class="sub">{f.source}</p>
				{f.severity === "warning" && onReason && (
					<div class="stack">
						<div class="acts-row" role="group" aria-label={w.reason}>
							{(Object.keys(w.reasons) as Coded[]).map((code) => (
								<Btn key={code} small pressed={reason?.code === code} onPress={() => onReason({ finding: f.id, code, ...(typed.value ? { words: typed.value } : {}) })} test={`reason-${code}`}>
									{w.reasons[code]}
								</Btn>
							))}
						</div>
						<Field label={w.reason} value={typed.value} onType={(v) => (typed.value = v)} onLeave={() => typed.value.trim() && onReason({ finding: f.id, words: typed.value.trim(), ...(reason?.code ? { code: reason.code } : {}) })} max={500} />
					</div>
				)}
			</div>
		</div>
	);
}

import { useSignal } from "@preact/signals";

import type { ReasonText, SafetyFinding } from "../../api.gen";
import { Field } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { inTongue } from "../../words/say";
import { words } from "./words";

const looks = { hard_stop: ["stop", "octagon-x"], warning: ["warn", "triangle-alert"], info: ["info", "circle-alert"] } as const;
type Coded = keyof ReturnType<typeof words>["reasons"];

/** plain leaves out the id of the record that a fact was read from: it says nothing to a reader. */
function plain(fact: string): string {
	return fact.replace(/,? (?:[a-z]{2,4})_[0-9a-f]{16,}/g, "");
}

/** Finding says what may happen and what to do; a warning takes a reason, a stop none. */
export function Finding({ of: f, reason, onReason }: { of: SafetyFinding; reason?: ReasonText | undefined; onReason?: (r: ReasonText) => void }) {
	const w = words();
	const typed = useSignal(reason?.words ?? "");
	const [kind, icon] = looks[(f.severity as keyof typeof looks) in looks ? (f.severity as keyof typeof looks) : "warning"];
	const open = f.severity === "warning" && !!onReason;
	const byHand = f.kind === "unknown_drug"; // no list knows it: no code can say how it was checked
	return (
		<div class={`finding ${kind}`} data-test={`finding-${f.severity}`}>
			<header>
				<Icon name={icon} />
				<b>
					{w.severity[f.severity]}: {(f.drugs ?? []).join(" × ")}
					{f.fact && ` × ${plain(inTongue(f.fact, f.fact_zh))}`}
				</b>
				{open && !reason && <small>{w.reasonNeeded}</small>}
			</header>
			<p>{inTongue(f.why, f.why_zh)}</p>
			<p>{inTongue(f.do, f.do_zh)}</p>
			<p class="from">{f.source}</p>
			{open && (
				<>
					{!byHand && (
						<div
							class="chips"
							role="group"
							aria-label={w.reason}
							onKeyDown={(e) => {
								const code = (Object.keys(w.reasons) as Coded[])[Number(e.key) - 1];
								if (code) onReason?.({ finding: f.id, code, ...(typed.value ? { words: typed.value } : {}) });
							}}
						>
							{(Object.keys(w.reasons) as Coded[]).map((code, n) => (
								<button type="button" key={code} aria-pressed={reason?.code === code} onClick={() => onReason?.({ finding: f.id, code, ...(typed.value ? { words: typed.value } : {}) })} data-test={`reason-${code}`}>
									<kbd class="kbd">{n + 1}</kbd>
									{w.reasons[code]}
								</button>
							))}
						</div>
					)}
					<Field label={byHand ? w.checkedHow : w.reason} value={typed.value} onType={(v) => (typed.value = v)} onLeave={() => typed.value.trim() && onReason?.({ finding: f.id, words: typed.value.trim(), ...(byHand ? { code: "checked-by-hand" } : reason?.code ? { code: reason.code } : {}) })} max={500} {...(byHand ? { test: "checked-how" } : {})} />
				</>
			)}
		</div>
	);
}

import { useEffect } from "preact/hooks";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { type Live, useLive } from "../../client/live";
import type { DutyView } from "../../api.gen";
import { Btn } from "../../parts/button";
import { Trouble } from "../../parts/notice";
import { words } from "./words";

const beat = 30_000; // who is not heard of for some minutes is taken off duty

/** useDuty is whether the doctor is on duty; while they are, their page says that they are there. */
export function useDuty(): Live<DutyView> {
	const duty = useLive("duty", () => call("GET /duty"), (e) => e.kind.startsWith("duty."));
	const on = duty.data?.on ?? false;
	useEffect(() => {
		if (!on) return;
		const timer = setInterval(() => void call("POST /duty/beat", {}).catch(() => {}), beat);
		return () => clearInterval(timer);
	}, [on]);
	return duty;
}

/** Duty is the switch. */
export function Duty({ duty }: { duty: Live<DutyView> }) {
	const w = words();
	const turn = useAct(async (key, on: boolean) => duty.put(on ? await call("POST /duty/on", { key }) : await call("POST /duty/off", { key })));
	const on = duty.data?.on ?? false;
	return (
		<div class="stack">
			<div class="duty">
				<span class={on ? "now" : "sub"}>
					{on && <i class="dot" />}
					{on ? w.onDuty : w.offDuty}
				</span>
				<Btn small kind={on ? "more" : "main"} busy={turn.busy} onPress={() => void turn(!on)} test={on ? "off-duty" : "on-duty"}>
					{on ? w.goOff : w.goOn}
				</Btn>
			</div>
			{!on && <p class="sub">{w.offHint}</p>}
			<Trouble problem={turn.problem} />
		</div>
	);
}

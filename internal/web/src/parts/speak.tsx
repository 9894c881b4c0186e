import "./speak.css";

import { useSignal } from "@preact/signals";

import type { Admission } from "../call";
import { call as ask } from "../client/call";
import { both } from "../words/words";
import { Btn } from "./button";
import { Notice } from "./notice";
import { Stage } from "./stage";

const words = both({
	en: {
		speak: "Speak",
		hint: "You hear each other here. Nobody learns a number.",
		there: (who: string) => `${who} would like to speak to you`,
		title: "Speaking",
		wait: "Nobody else is here yet. They are told that you would like to speak.",
		roles: { patient: "Patient", caregiver: "Caregiver", courier: "Courier", pharmacy: "Pharmacy", support: "Support" } as Record<string, string>,
	},
	zh: {
		speak: "通话",
		hint: "在这里互相通话，不会透露任何号码。",
		there: (who: string) => `${who}想和您通话`,
		title: "通话中",
		wait: "还没有其他人，我们已告诉他们您想通话。",
		roles: { patient: "患者", caregiver: "代办人", courier: "配送员", pharmacy: "药房", support: "客服" },
	},
});

/** Speak is the sound room of an order: a button, and the call itself once it is pressed. */
export function Speak({ order, there }: { order: string; there: readonly string[] }) {
	const w = words();
	const inside = useSignal(false);
	if (inside.value)
		return (
			<div class="speak">
				<Stage name={`talk ${order}`} ticket={() => ticket(order)} title={w.title} wait={w.wait} roles={w.roles} sound inset chat={false} onOver={() => (inside.value = false)} />
			</div>
		);
	return (
		<div class="stack">
			{there.length > 0 && <Notice>{w.there(there.map((r) => w.roles[r] ?? r).join(", "))}</Notice>}
			<Btn icon="phone" wide onPress={() => (inside.value = true)} test="speak">
				{w.speak}
			</Btn>
			<p class="sub">{w.hint}</p>
		</div>
	);
}

async function ticket(order: string): Promise<Admission> {
	const t = await ask("POST /orders/{id}/talk/ticket", { path: { id: order } });
	return { token: t.token, url: t.url, relay: t.relay };
}

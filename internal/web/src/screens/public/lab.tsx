import { useSignal } from "@preact/signals";

import { call } from "../../client/call";
import { Btn } from "../../parts/button";
import { Field, Pick } from "../../parts/field";
import { Head, Page } from "../../parts/page";
import { Shell } from "../../parts/shell";
import { Stage } from "../../parts/stage";
import { both } from "../../words/words";

const words = both({
	en: {
		title: "Try a call",
		hint: "A room of the demo: open this page twice, as two people. A service for real people has no such page.",
		room: "Room, small letters and figures",
		role: "As whom",
		join: "Join",
		over: (why: string) => `It is over: ${why}`,
		roles: { doctor: "Doctor", patient: "Patient", caregiver: "Caregiver", guest: "Guest" } as Record<string, string>,
	},
	zh: {
		title: "通话试验",
		hint: "演示用房间：请在两处打开本页，分别扮演两个人。正式服务没有此页面。",
		room: "房间名（小写字母和数字）",
		role: "扮演",
		join: "加入",
		over: (why: string) => `已结束：${why}`,
		roles: { doctor: "医生", patient: "患者", caregiver: "代办人", guest: "受邀人" },
	},
});

/** The demo's bare page for trying a call. */
export default function Lab() {
	const w = words();
	const ui = useSignal({ room: "lab", role: "patient", inside: false, over: "" });
	const set = (more: Partial<typeof ui.value>) => (ui.value = { ...ui.value, ...more });
	const v = ui.value;
	const ticket = () => call("POST /call-lab/tickets", { body: { room: v.room, role: v.role as "patient" } });
	return (
		<Shell tabs={[]}>
			{v.inside ? (
				<main class="mid" id="main">
					<Stage name={`lab ${v.room} ${v.role}`} ticket={ticket} title={w.title} sub={v.room} ends={v.role === "doctor"} onOver={(over) => set({ inside: false, over })} />
				</main>
			) : (
				<Page title={w.title}>
					<form
						class="stack-l"
						data-test="lab"
						onSubmit={(e) => {
							e.preventDefault();
							set({ inside: true, over: "" });
						}}
					>
						<Head>{w.title}</Head>
						<p class="hint">{w.hint}</p>
						{v.over && <p>{w.over(v.over)}</p>}
						<Field label={w.room} value={v.room} onType={(room) => set({ room })} max={20} test="lab-room" />
						<Pick label={w.role} value={v.role} of={Object.entries(w.roles)} onPick={(role) => set({ role })} />
						<Btn kind="main" wide submit icon="video" test="lab-join">
							{w.join}
						</Btn>
					</form>
				</Page>
			)}
		</Shell>
	);
}

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { useAct } from "../client/act";
import { call } from "../client/call";
import { useLive } from "../client/live";
import { when } from "../words/say";
import { both } from "../words/words";
import { Btn } from "./button";
import { Field } from "./field";
import { Notice, Trouble } from "./notice";
import { Head, Page } from "./page";
import { Speak } from "./speak";

const words = both({
	en: {
		title: "About this order",
		hint: "Patient, pharmacy, courier and support read this. It ends with the order, and no number is given away.",
		say: "Message",
		send: "Send",
		closed: "The order has ended. Nothing more can be said here.",
		nothing: "Nobody has written yet.",
		destroyed: (at: string) => `What was written was kept for as long as it has to be, and destroyed on ${at}.`,
		roles: { patient: "Patient", caregiver: "Caregiver", courier: "Courier", pharmacy: "Pharmacy", support: "Support" } as Record<string, string>,
	},
	zh: {
		title: "本单沟通",
		hint: "患者、药房、配送员和客服可见；订单结束后关闭，不会透露任何号码。",
		say: "消息",
		send: "发送",
		closed: "订单已结束，不能再发消息。",
		nothing: "还没有消息。",
		destroyed: (at: string) => `消息保存期已满，已于${at}销毁。`,
		roles: { patient: "患者", caregiver: "代办人", courier: "配送员", pharmacy: "药房", support: "客服" },
	},
});

/** Talk is the chat of an order, for whoever has a part in it. */
export function Talk({ order, up }: { order: string; up: string }) {
	const w = words();
	const talk = useLive(`talk ${order}`, () => call("GET /orders/{id}/talk", { path: { id: order } }));
	const typed = useSignal("");
	const end = useRef<HTMLDivElement>(null);
	const say = useAct(async (key) => {
		talk.put(await call("POST /orders/{id}/talk", { key, path: { id: order }, body: { text: typed.value.trim() } }));
		typed.value = "";
	});
	const count = talk.data?.said.length ?? 0;
	useEffect(() => end.current?.scrollIntoView({ block: "end" }), [count]);
	return (
		<Page
			title={w.title}
			of={talk}
			up={up}
			foot={
				talk.data?.closed ? (
					<Notice>{w.closed}</Notice>
				) : (
					<form
						class="stack"
						onSubmit={(e) => {
							e.preventDefault();
							if (typed.value.trim()) void say();
						}}
					>
						<Trouble problem={say.problem} />
						<div class="acts">
							<Field label={<span class="sr">{w.say}</span>} placeholder={w.say} value={typed.value} onType={(v) => (typed.value = v)} max={1000} test="say" />
							<Btn kind="main" submit busy={say.busy} test="say-send">
								{w.send}
							</Btn>
						</div>
					</form>
				)
			}
		>
			{(t) => (
				<>
					<Head>{w.title}</Head>
					<p class="hint sub">{w.hint}</p>
					{!t.closed && (
						<section>
							<Speak order={order} there={t.speaks} />
						</section>
					)}
					<section class="stack" role="log" aria-label={w.title}>
						{t.said.length === 0 && <p class="empty">{t.destroyed_at ? w.destroyed(when(t.destroyed_at)) : w.nothing}</p>}
						{t.said.map((s) => (
							<div key={s.id} class={`card ${s.mine ? "mine" : ""}`}>
								<p class="sub num">
									<b>{w.roles[s.role] ?? s.role}</b> {when(s.at)}
								</p>
								<p class="break">{s.text}</p>
							</div>
						))}
						<div ref={end} />
					</section>
				</>
			)}
		</Page>
	);
}

import type { ComponentChildren } from "preact";

import { Failure, sentence } from "../client/problem";
import { both } from "../words/words";
import { Btn } from "./button";
import { Icon, type IconName } from "./icon";

const words = both({
	en: { again: "Try again", ref: (r: string) => `Reference ${r}` },
	zh: { again: "重试", ref: (r: string) => `编号${r}` },
});

const shapes = { info: "info", ok: "circle-check", warn: "triangle-alert", stop: "octagon-x", lamp: "circle-alert" } as const;

/** Notice says how something stands: a shape and words, never colour alone. */
export function Notice({ kind = "info", icon, children, live, test }: { kind?: keyof typeof shapes; icon?: IconName; children: ComponentChildren; live?: boolean; test?: string }) {
	return (
		<div class={`notice ${kind}`} role={live ? "status" : undefined} data-test={test}>
			<Icon name={icon ?? shapes[kind]} />
			<div>{children}</div>
		</div>
	);
}

/** Trouble says what went wrong and what to do; nothing when nothing did. */
export function Trouble({ problem, again }: { problem: unknown; again?: () => void }) {
	if (!problem) return null;
	const w = words();
	const away = problem instanceof Failure && problem.away;
	const ref = problem instanceof Failure && problem.status >= 500 ? problem.reference : "";
	return (
		<div class={`notice ${away ? "warn" : "stop"}`} role="alert" data-test="trouble">
			<Icon name={away ? "wifi-off" : "circle-alert"} />
			<div>
				{sentence(problem)}
				{ref && <span class="sub"> {w.ref(ref)}</span>}
				{again && (
					<div>
						<Btn small onPress={again}>
							{w.again}
						</Btn>
					</div>
				)}
			</div>
		</div>
	);
}

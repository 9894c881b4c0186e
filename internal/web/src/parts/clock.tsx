import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

import { useNow } from "../client/live";
import { minutes } from "../words/say";
import { both } from "../words/words";

const words = both({
	en: { min: "min", left: (n: number) => `${n} minute${n === 1 ? "" : "s"} left` },
	zh: { min: "分钟", left: (n: number) => `还有${n}分钟` },
});

/** Clock counts minutes, never seconds, and is said aloud at ten, five and one. */
export function Clock({ until, children }: { until: string | number; children?: ComponentChildren }) {
	const now = useNow();
	const w = words();
	const left = minutes(until, now);
	const spoken = useRef("");
	if ([10, 5, 1].includes(left)) spoken.current = w.left(left);
	return (
		<div class="clock">
			<b>{left}</b>
			<span>{w.min}</span>
			{children && <span class="then">{children}</span>}
			<span class="sr" role="status">
				{spoken.current}
			</span>
		</div>
	);
}

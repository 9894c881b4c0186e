import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { both, language } from "../words/words";
import { Icon } from "./icon";

const words = both({ en: { read: "Read aloud", stop: "Stop" }, zh: { read: "朗读", stop: "停止" } });

/** spoken is what is read of a page: the headline, then the text, then the choices. */
export function spoken(root: ParentNode = document): string[] {
	const out: string[] = [];
	const take = (e: Element) => {
		const text = (e as HTMLElement).innerText?.trim() || e.textContent?.trim();
		if (text && !out.includes(text) && !e.closest("[aria-hidden=true], .sr, .read")) out.push(text);
	};
	for (const e of root.querySelectorAll("main h1")) take(e);
	for (const e of root.querySelectorAll("main p, main h2, main li, main dd, main label, main legend")) take(e);
	for (const e of root.querySelectorAll("main .btn, .foot .btn")) take(e);
	return out;
}

/** ReadAloud reads the page: the headline first, the choices last. Absent where the browser can't speak. */
export function ReadAloud({ word }: { word?: boolean }) {
	const on = useSignal(false);
	useEffect(() => () => globalThis.speechSynthesis?.cancel(), []);
	if (!("speechSynthesis" in globalThis)) return null;
	const w = words();
	const press = () => {
		speechSynthesis.cancel();
		if (on.value) {
			on.value = false;
			return;
		}
		on.value = true;
		const lines = spoken();
		lines.forEach((line, i) => {
			const u = new SpeechSynthesisUtterance(line);
			u.lang = language.value === "zh" ? "zh-CN" : "en";
			u.rate = 0.9;
			if (i === lines.length - 1) u.onend = () => (on.value = false);
			speechSynthesis.speak(u);
		});
	};
	const text = on.value ? w.stop : w.read;
	return (
		<button type="button" class={word ? "read" : "ico"} aria-label={text} aria-pressed={on.value} onClick={press} data-test="read-aloud">
			<Icon name={on.value ? "volume-x" : "volume-2"} />
			{word && <span>{text}</span>}
		</button>
	);
}

// Captions of one's own speech, by the browser's recogniser where it has one. It may send what it hears to the
// browser's maker, so nobody's is on before they say so.

import type { Call } from "./call";

interface Heard {
	readonly isFinal: boolean;
	readonly 0?: { readonly transcript: string };
}

interface Recogniser {
	continuous: boolean;
	interimResults: boolean;
	lang: string;
	onresult: ((e: { resultIndex: number; results: ArrayLike<Heard> }) => void) | null;
	onerror: ((e: { error: string }) => void) | null;
	onend: (() => void) | null;
	start(): void;
	abort(): void;
}

type Maker = new () => Recogniser;

function maker(): Maker | undefined {
	const w = window as unknown as { SpeechRecognition?: Maker; webkitSpeechRecognition?: Maker };
	return w.SpeechRecognition ?? w.webkitSpeechRecognition;
}

/** canCaption tells whether this browser can write down what is said. */
export const canCaption = (): boolean => maker() !== undefined;

// What a recogniser stops for that starting it again does not mend.
const forGood = ["not-allowed", "service-not-allowed", "network", "language-not-supported", "audio-capture"];

/** caption sends what one says to the others, until the answer is called; failed is told when it can't go on. */
export function caption(call: Pick<Call, "captionOwn">, lang: string, failed: () => void): () => void {
	const Made = maker();
	if (!Made) {
		failed();
		return () => {};
	}
	const hears = new Made();
	let over = false;
	hears.continuous = true;
	hears.interimResults = true;
	hears.lang = lang;
	hears.onresult = (e) => {
		for (let n = e.resultIndex; n < e.results.length; n++) {
			const said = e.results[n];
			const text = said?.[0]?.transcript.trim().slice(-longest);
			if (said && text) call.captionOwn(text, said.isFinal, lang);
		}
	};
	hears.onerror = (e) => {
		if (over || !forGood.includes(e.error)) return;
		over = true;
		failed();
	};
	hears.onend = () => {
		if (!over) hears.start(); // it ends by itself after a silence
	};
	hears.start();
	return () => {
		over = true;
		hears.abort();
	};
}

// The newest words of a long sentence: what stands on a screen at once.
const longest = 240;

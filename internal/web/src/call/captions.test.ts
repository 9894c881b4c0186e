import { afterEach, expect, test } from "vitest";

import { canCaption, caption } from "./captions";

class Ear {
	static last: Ear;
	started = 0;
	aborted = 0;
	lang = "";
	onresult: ((e: unknown) => void) | null = null;
	onerror: ((e: { error: string }) => void) | null = null;
	onend: (() => void) | null = null;
	constructor() {
		Ear.last = this;
	}
	start() {
		this.started++;
	}
	abort() {
		this.aborted++;
		this.onend?.();
	}
}

const world = window as unknown as { webkitSpeechRecognition?: unknown };
afterEach(() => delete world.webkitSpeechRecognition);

test("what is said is written to the others, first as it is guessed and then for good", () => {
	world.webkitSpeechRecognition = Ear;
	const sent: unknown[] = [];
	caption({ captionOwn: (...all) => sent.push(all) }, "en", () => {});

	Ear.last.onresult?.({ resultIndex: 0, results: [{ isFinal: false, 0: { transcript: " it hurts" } }] });
	Ear.last.onresult?.({ resultIndex: 0, results: [{ isFinal: true, 0: { transcript: "it hurts here" } }] });

	expect(sent).toEqual([["it hurts", false, "en"], ["it hurts here", true, "en"]]);
});

test("a silence does not end it, turning it off does, and it does not come back", () => {
	world.webkitSpeechRecognition = Ear;
	const stop = caption({ captionOwn: () => {} }, "zh", () => {});

	Ear.last.onerror?.({ error: "no-speech" });
	Ear.last.onend?.();
	expect(Ear.last.started).toBe(2);
	stop();

	expect([Ear.last.started, Ear.last.aborted]).toEqual([2, 1]);
});

test("a browser that refuses says so once and is not asked again", () => {
	world.webkitSpeechRecognition = Ear;
	let failed = 0;
	caption({ captionOwn: () => {} }, "en", () => failed++);

	Ear.last.onerror?.({ error: "service-not-allowed" });
	Ear.last.onerror?.({ error: "network" });
	Ear.last.onend?.();

	expect([failed, Ear.last.started]).toEqual([1, 1]);
});

test("where there is no recogniser nothing is offered", () => {
	expect(canCaption()).toBe(false);
});

import { afterEach, describe, expect, it, vi } from "vitest";

import { choose, chosen, speak } from "./devices";

function storage(broken = false): Pick<Storage, "getItem" | "setItem"> {
	const kept = new Map<string, string>();
	return {
		getItem: (k) => kept.get(k) ?? null,
		setItem: (k, v) => {
			if (broken) throw new Error("no room");
			kept.set(k, v);
		},
	};
}

describe("devices that somebody chose", () => {
	afterEach(() => vi.unstubAllGlobals());

	it("are known again, each beside the others", () => {
		vi.stubGlobal("localStorage", storage());

		choose({ microphone: "headset" });
		choose({ speaker: "desk" });
		choose({ microphone: "webcam" });

		expect(chosen()).toEqual({ microphone: "webcam", speaker: "desk" });
	});

	it("are left to the browser where nothing is kept, or what is kept is broken", () => {
		vi.stubGlobal("localStorage", storage(true));
		choose({ microphone: "headset" });
		expect(chosen()).toEqual({});

		vi.stubGlobal("localStorage", { getItem: () => "{" });
		expect(chosen()).toEqual({});
	});

	it("can't be a speaker where the browser knows none", async () => {
		vi.stubGlobal("HTMLMediaElement", class {});
		const element = {} as HTMLMediaElement;

		expect(await speak(element, "desk")).toBe(false);
		expect(await speak(element, "")).toBe(true);
	});
});

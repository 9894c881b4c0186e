import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Feed, type Source } from "./feed";

class FakeSource implements Source {
	static all: FakeSource[] = [];
	onopen: (() => void) | null = null;
	onerror: (() => void) | null = null;
	onmessage: ((m: { data: string; lastEventId: string }) => void) | null = null;
	closed = false;
	private more = new Map<string, (m: { lastEventId: string }) => void>();
	constructor(readonly url: string) {
		FakeSource.all.push(this);
	}
	addEventListener(kind: string, listener: (m: { lastEventId: string }) => void) {
		this.more.set(kind, listener);
	}
	close() {
		this.closed = true;
	}
	send(place: string, kind: string) {
		this.onmessage?.({ lastEventId: place, data: JSON.stringify({ id: `e${place}`, kind, doc: "ord_1", at: "" }) });
	}
	special(kind: string, place = "") {
		this.more.get(kind)?.({ lastEventId: place });
	}
}

const latest = () => FakeSource.all.at(-1) as FakeSource;

describe("the live feed", () => {
	beforeEach(() => {
		vi.useFakeTimers();
		FakeSource.all = [];
	});
	afterEach(() => vi.useRealTimers());

	it("tells everybody what happened", () => {
		const f = new Feed((url) => new FakeSource(url));
		const heard: string[] = [];
		f.hear((e) => heard.push(e === "reset" ? "reset" : e.kind));
		f.start();

		latest().send("7", "order.placed");
		latest().special("reset", "9");

		expect(heard).toEqual(["order.placed", "reset"]);
	});

	it("goes on from the last place after the line was cut", () => {
		const f = new Feed((url) => new FakeSource(url));
		f.start();
		latest().send("41", "order.placed");

		latest().onerror?.();
		vi.advanceTimersByTime(1000);

		expect(FakeSource.all).toHaveLength(2);
		expect(FakeSource.all[0]?.closed).toBe(true);
		expect(latest().url).toBe("/api/v1/feed?after=41");
	});

	it("waits longer each time while the server is away, and begins anew once it answers", () => {
		const f = new Feed((url) => new FakeSource(url));
		f.start();
		latest().onerror?.();
		vi.advanceTimersByTime(1000);
		latest().onerror?.();
		vi.advanceTimersByTime(1000);
		expect(FakeSource.all).toHaveLength(2);
		vi.advanceTimersByTime(1000);
		expect(FakeSource.all).toHaveLength(3);

		latest().onopen?.();
		latest().onerror?.();
		vi.advanceTimersByTime(1000);

		expect(FakeSource.all).toHaveLength(4);
	});

	it("asks to sign in when the session has ended, and does not ask the server again", () => {
		let asked = 0;
		const f = new Feed((url) => new FakeSource(url), () => asked++);
		f.start();

		latest().special("ended");
		vi.advanceTimersByTime(60_000);

		expect(asked).toBe(1);
		expect(FakeSource.all).toHaveLength(1);
	});
});

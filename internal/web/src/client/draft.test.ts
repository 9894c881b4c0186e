import { describe, expect, it } from "vitest";

import type { IntakeView, SaveIntakeInBody } from "../api.gen";
import type { Versioned } from "./call";
import { Draft } from "./draft";
import { inMemory } from "./keep";
import { Failure } from "./problem";

/** A server that keeps one intake, with versions as the real one has them. */
function server() {
	let version = 1;
	const view = { id: "itk_1", health: {}, answers: {}, questions: [], alerts: [] } as unknown as IntakeView;
	const s = {
		view,
		saves: [] as SaveIntakeInBody[],
		away: false,
		read: async (): Promise<Versioned<IntakeView>> => {
			if (s.away) throw new Failure(0, "away", "");
			return { body: structuredClone(view), tag: `"${version}"` };
		},
		save: async (tag: string, change: SaveIntakeInBody): Promise<Versioned<IntakeView>> => {
			if (s.away) throw new Failure(0, "away", "");
			if (tag !== `"${version}"`) throw new Failure(412, "stale", "");
			s.saves.push(change);
			Object.assign(view, change, { answers: { ...view.answers, ...change.answers } });
			version++;
			return { body: structuredClone(view), tag: `"${version}"` };
		},
		other: (change: Partial<IntakeView>) => {
			Object.assign(view, change);
			version++;
		},
	};
	return s;
}

describe("an intake that is being typed", () => {
	it("is saved on the server a moment later, once for all that was typed", async () => {
		const s = server();
		const d = new Draft("itk_1", s, inMemory(), 5, () => 42);
		await d.open();

		d.type({ words: "s" });
		d.type({ words: "sore throat" });
		await new Promise((r) => setTimeout(r, 20));

		expect(s.saves).toEqual([{ words: "sore throat" }]);
		expect(d.state.value.savedAt).toBe(42);
		expect(d.state.value.pending).toEqual({});
	});

	it("is not lost by a page that is closed while the network is away", async () => {
		const s = server();
		const store = inMemory();
		const first = new Draft("itk_1", s, store, 1);
		await first.open();
		s.away = true;
		first.type({ words: "it hurts" });
		first.type({ answers: { R001: "no" } });
		await first.flush();
		expect(first.state.value.here).toBe(true);

		s.away = false;
		const second = new Draft("itk_1", s, store, 1);
		await second.open();

		expect(s.view.words).toBe("it hurts");
		expect(s.view.answers).toEqual({ R001: "no" });
		expect(await store.read("draft", "itk_1")).toBeUndefined();
	});

	it("puts what was typed over what somebody else changed meanwhile, and keeps both", async () => {
		const s = server();
		const d = new Draft("itk_1", s, inMemory(), 1);
		await d.open();
		s.other({ call_back: "+44 20 7946 0000" });

		d.type({ words: "fever" });
		await d.flush();

		expect(s.view.words).toBe("fever");
		expect(d.state.value.view?.call_back).toBe("+44 20 7946 0000");
	});

	it("keeps what was typed while a save was on its way", async () => {
		const s = server();
		const d = new Draft("itk_1", s, inMemory(), 1000);
		await d.open();

		d.type({ words: "fev" });
		const going = d.flush();
		d.type({ words: "fever" });
		await going;

		expect(s.view.words).toBe("fever");
	});

	it("sends the health facts as one piece, with those that stand there", async () => {
		const s = server();
		s.other({ health: { weight_kg: "58" } });
		const d = new Draft("itk_1", s, inMemory(), 1);
		await d.open();

		d.type({ health: { liver: "normal" } });
		await d.flush();

		expect(s.saves[0]?.health).toEqual({ weight_kg: "58", liver: "normal" });
	});

	it("says what the server refuses, and keeps it on the screen", async () => {
		const s = server();
		const d = new Draft("itk_1", { read: s.read, save: () => Promise.reject(new Failure(422, "", "", [{ pointer: "/call_back", message: "no" }])) }, inMemory(), 1);
		await d.open();

		d.type({ call_back: "abc" });
		await d.flush();

		expect((d.state.value.problem as Failure).fields[0]?.pointer).toBe("/call_back");
		expect(d.state.value.pending).toEqual({ call_back: "abc" });
	});
});

import { describe, expect, it } from "vitest";

import { inMemory } from "./keep";
import { Later, type Step } from "./later";
import { Failure } from "./problem";

function world() {
	const w = {
		store: inMemory(),
		away: true,
		got: [] as Step[],
		lostAnswers: 0,
		refuse: "",
		clock: 1000,
		send: async (s: Step) => {
			if (w.away) throw new Failure(0, "away", "");
			if (s.route === w.refuse) throw new Failure(409, "job-changed", "This job has moved on.");
			if (!w.got.some((g) => g.key === s.key)) w.got.push(s); // the server does one key once
			if (w.lostAnswers-- > 0) throw new Failure(0, "away", "");
		},
		queue: () => new Later(w.send, w.store, () => w.clock++),
	};
	return w;
}

const routes = (w: ReturnType<typeof world>) => w.got.map((s) => s.route);

describe("steps taken without network", () => {
	it("are sent in the order they were taken, once", async () => {
		const w = world();
		const q = w.queue();
		await q.add("job", "arrive", {});
		await q.add("job", "at-door", {});
		await q.flush();
		expect(w.got).toEqual([]);

		w.away = false;
		await q.flush();
		await q.flush();

		expect(routes(w)).toEqual(["arrive", "at-door"]);
		expect(q.steps.value).toEqual([]);
	});

	it("outlive the page", async () => {
		const w = world();
		await w.queue().add("job", "arrive", { path: { id: "job_1" } });

		w.away = false;
		const later = w.queue();
		await later.open();
		await later.flush();

		expect(w.got[0]?.args.path).toEqual({ id: "job_1" });
		expect(await w.store.all("later")).toEqual([]);
	});

	it("are done once although the answer was lost on the way back", async () => {
		const w = world();
		const q = w.queue();
		await q.add("job", "arrive", {});
		w.away = false;
		w.lostAnswers = 1;
		await q.flush();
		expect(q.steps.value).toHaveLength(1);

		await q.flush();

		expect(routes(w)).toEqual(["arrive"]);
		expect(q.steps.value).toEqual([]);
	});

	it("stop behind one that is refused, while another line goes on", async () => {
		const w = world();
		const q = w.queue();
		w.refuse = "arrive";
		await q.add("job_1", "arrive", {});
		await q.add("job_1", "at-door", {});
		await q.add("positions", "positions", {});
		w.away = false;
		await q.flush();

		expect(routes(w)).toEqual(["positions"]);
		expect(q.steps.value.map((s) => [s.route, s.refused?.code])).toEqual([
			["arrive", "job-changed"],
			["at-door", undefined],
		]);
	});

	it("go on once the refused one was looked at and dropped", async () => {
		const w = world();
		const q = w.queue();
		w.refuse = "arrive";
		await q.add("job", "arrive", {});
		await q.add("job", "problem", {});
		w.away = false;
		await q.flush();

		await q.drop(q.steps.value[0]?.place as string);
		await q.flush();

		expect(routes(w)).toEqual(["problem"]);
	});

	it("are sent one after another although two things ask for it at once", async () => {
		const w = world();
		const q = w.queue();
		await q.add("job", "arrive", {});
		await q.add("job", "at-door", {});
		w.away = false;

		await Promise.all([q.flush(), q.flush(), q.flush()]);

		expect(routes(w)).toEqual(["arrive", "at-door"]);
	});
});

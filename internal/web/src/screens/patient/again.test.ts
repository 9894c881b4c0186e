import { describe, expect, it } from "vitest";

import { timesAgain } from "./again";

const span = (from: string, until: string) => ({ from: `2026-11-22T${from}:00Z`, until: `2026-11-22T${until}:00Z` });
const evening = span("18:00", "20:00");
const later = span("20:00", "22:00");

describe("when a bag that came back is brought again", () => {
	it("is offered its own time first while that can be kept", () => {
		const got = timesAgain({ slot: { ...evening, waits: false, keepable: true } }, { covered: true, slots: [evening, later] });

		expect(got.of).toEqual([evening, later]);
		expect(got.soon).toBe(false); // its own time is sooner than any other promise
	});

	it("is as soon as it can be, or another time, once its own is over", () => {
		const got = timesAgain({ slot: { ...evening, waits: false, keepable: false } }, { covered: true, slots: [later] });

		expect(got).toEqual({ of: [later], soon: true });
	});

	it("asks for a time where couriers come by appointment alone", () => {
		expect(timesAgain({}, { covered: false, slots: [later] })).toEqual({ of: [later], soon: false });
	});

	it("asks nothing where there are no times", () => {
		expect(timesAgain({}, { covered: true, slots: [] })).toEqual({ of: [], soon: true });
	});
});

import { describe, expect, it } from "vitest";

import { readPoints, writePoints } from "./points";
import { clock, level } from "./slack";

describe("an operator who types a zone", () => {
	it("gets back what was written", () => {
		const zone = [{ lat: 1, lon: 2 }, { lat: 1.5, lon: 2 }, { lat: 1.5, lon: 2.25 }];
		expect(readPoints(writePoints(zone))).toEqual(zone);
	});

	it("is told of a line that is no point, of one off the earth, and of too few", () => {
		expect(readPoints("1, 2\n3, 4\nhere")).toBeUndefined();
		expect(readPoints("1, 2\n3, 4\n91, 0")).toBeUndefined();
		expect(readPoints("1, 2\n3, 4")).toBeUndefined();
	});
});

describe("an operator who looks at slack", () => {
	it("sees at risk under four minutes and late below none", () => {
		expect([level(240), level(239), level(0), level(-1)]).toEqual(["fine", "risk", "risk", "late"]);
		expect(clock(-65)).toBe("1:05");
	});
});

import { describe, expect, it } from "vitest";

import { minorOf } from "./makegood";

describe("an amount that support types", () => {
	it.each([["5", 500], ["5.5", 550], ["5,50", 550], ["0.01", 1], [" 12.30 ", 1230]])("%s is %i of the smallest unit", (typed, want) => {
		expect(minorOf(typed)).toBe(want);
	});

	it.each(["", "0", "0.00", "-5", "5.555", "five", "1e3", "1234567"])("%j is no amount", (typed) => {
		expect(minorOf(typed)).toBeUndefined();
	});
});

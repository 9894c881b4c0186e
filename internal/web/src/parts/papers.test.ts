import { describe, expect, it } from "vitest";

import { runningOut } from "./papers";

const now = Date.parse("2026-11-22T12:00:00Z");

describe("papers that run out", () => {
	it("are those of the next month and those that have, the first of them first", () => {
		const papers = [
			{ number: "later", valid_until: "2027-03-01T00:00:00Z" },
			{ number: "soon", valid_until: "2026-12-10T00:00:00Z" },
			{ number: "gone", valid_until: "2026-11-01T00:00:00Z" },
			{ number: "for ever" },
		];

		expect(runningOut(papers, now).map((p) => p.number)).toEqual(["gone", "soon"]);
	});
});

import { describe, expect, it } from "vitest";

import { readLine } from "./dosage";

const read = (line: string) => {
	const r = readLine(line, "tablet", ["pain", "fever"]);
	if ("wrong" in r) throw new Error(`not understood: ${r.wrong}`);
	return r.dosage;
};

describe("a doctor who types a dosage", () => {
	it("writes dose, times, days and food in one line", () => {
		expect(read("1 tid 5d pc")).toEqual({ dose: { value: "1", unit: "tablet" }, timing: { frequency: 3, period: 1, period_unit: "d", duration: 5, duration_unit: "d", when: ["after-meals"] } });
	});

	it("writes hours between doses, a range and a ceiling", () => {
		expect(read("1-2 q6h prn fever max 6 3d")).toMatchObject({ dose: { value: "1", high: "2" }, timing: { frequency: 1, period: 6, period_unit: "h", duration: 3 }, as_needed: { for: "fever", max: { value: "6", unit: "tablet" } } });
	});

	it("gets the ceiling that the times add up to when none was typed", () => {
		expect(read("1 q8h prn pain 3d").as_needed?.max.value).toBe("3");
		expect(read("2 bid prn 3d").as_needed?.max.value).toBe("4");
	});

	it("writes halves", () => {
		expect(read("1/2 od 30d").dose.value).toBe("0.5");
		expect(read("0,5 od 30d").dose.value).toBe("0.5");
	});

	it("writes once a week as once a week", () => {
		expect(read("4 weekly 4w").timing).toMatchObject({ frequency: 1, period: 1, period_unit: "wk", duration: 4, duration_unit: "wk" });
	});

	it("is told which word was not understood, and nothing is guessed", () => {
		expect(readLine("1 tidd 5d", "tablet")).toEqual({ wrong: "tidd" });
		expect(readLine("1 5d", "tablet")).toEqual({ wrong: "" });
		expect(readLine("-1 tid", "tablet")).toEqual({ wrong: "-1" });
		expect(readLine("0 tid 3d", "tablet")).toEqual({ wrong: "0" });
	});
});

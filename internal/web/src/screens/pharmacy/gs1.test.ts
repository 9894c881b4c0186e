import { describe, expect, it } from "vitest";

import { medicine } from "../../words/medicine";
import { readGS1 } from "./gs1";

describe("a pharmacist who scans a pack", () => {
	it("reads product, expiry and batch", () => {
		expect(readGS1("]d2010401234567890117270331\u001d10AB-12")).toEqual({ product: "04012345678901", expiry: "2027-03-31", batch: "AB-12" });
		expect(readGS1("]d201040123456789011727033110AB-12")).toEqual({ product: "04012345678901", expiry: "2027-03-31", batch: "AB-12" });
	});

	it("reads a batch that stands before other things", () => {
		expect(readGS1("10L77\u001d1728020021SERIAL")).toEqual({ batch: "L77", expiry: "2028-02-29" });
	});

	it("takes the last day of a month that names no day", () => {
		expect(readGS1("17270200").expiry).toBe("2027-02-28");
	});

	it("never makes an expiry out of figures that are none", () => {
		expect(readGS1("17271340").expiry).toBeUndefined();
		expect(readGS1("hello")).toEqual({});
	});

	it("knows the number of an old pack", () => {
		expect(readGS1("4006381333931")).toEqual({ product: "4006381333931" });
	});
});

describe("a product's code", () => {
	it("is said as people do", () => {
		expect(medicine("amoxicillin/capsule/500mg")).toBe("Amoxicillin 500\u00a0mg, capsule");
		expect(medicine("paracetamol/tablet/500mg")).toBe("Paracetamol 500\u00a0mg, tablet");
	});
});

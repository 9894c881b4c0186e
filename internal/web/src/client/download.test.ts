import { afterEach, describe, expect, it, vi } from "vitest";

import { dayOf, download } from "./download";
import { Failure } from "./problem";

afterEach(() => vi.unstubAllGlobals());

describe("a file that is kept", () => {
	it("is asked for with what was chosen, and leaves out what was not", async () => {
		const asked: string[] = [];
		vi.stubGlobal("fetch", async (url: string) => (asked.push(url), new Response("a,b")));
		vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:x", revokeObjectURL: () => {} }));

		await download("/exports/orders", { from: "2026-11-22T00:00:00.000Z", until: "" }, "orders.csv");

		expect(asked).toEqual(["/api/v1/exports/orders?from=2026-11-22T00%3A00%3A00.000Z"]);
	});

	it("that is refused says why, in place of a file with an error in it", async () => {
		vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ type: "about/problems/invalid", detail: "Choose a shorter one." }), { status: 422 }));

		await expect(download("/exports/orders", {}, "orders.csv")).rejects.toMatchObject({ status: 422, detail: "Choose a shorter one." });
	});

	it("without network says so", async () => {
		vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("network")));

		const failed = await download("/exports/orders", {}, "x").catch((err: unknown) => err);

		expect(failed instanceof Failure && failed.away).toBe(true);
	});

	it("is named by the day of the device's own place", () => {
		expect(dayOf(+new Date(2026, 10, 3, 23, 59))).toBe("2026-11-03");
	});
});

import { describe, expect, it } from "vitest";

import { Failure } from "../../client/problem";
import { type Keeping, sendPhoto, small } from "./photo";

const photo = new Blob(["picture"], { type: "image/jpeg" });

function keeping(more: Partial<Keeping> = {}): Keeping & { done: string[] } {
	const done: string[] = [];
	return {
		done,
		begin: async (key, type, size) => (done.push(`begin ${key} ${type} ${size}`), { attachment: "att_1", url: "/blob/x" }),
		put: async () => (done.push("put"), 200),
		settle: async (key, id) => void done.push(`settle ${key} ${id}`),
		...more,
	};
}

describe("a photo of a delivery that failed", () => {
	it("is said, put and looked at, in that order, with keys that make each happen once", async () => {
		const to = keeping();

		expect(await sendPhoto(photo, "k1", to)).toBe("att_1");
		expect(to.done).toEqual(["begin k1-b image/jpeg 7", "put", "settle k1-s att_1"]);
	});

	it("waits with its step while the network is away", async () => {
		const away = keeping({ put: async () => Promise.reject(new Failure(0, "away", "")) });

		await expect(sendPhoto(photo, "k1", away)).rejects.toMatchObject({ away: true });
	});

	it.each([401, 429, 503])("is tried again after %i", async (status) => {
		const busy = keeping({ begin: async () => Promise.reject(new Failure(status, "", "")) });

		await expect(sendPhoto(photo, "k1", busy)).rejects.toMatchObject({ status });
	});

	it.each([413, 415, 422])("that the server refuses for good (%i) does not hold its step back", async (status) => {
		expect(await sendPhoto(photo, "k1", keeping({ settle: async () => Promise.reject(new Failure(status, "", "")) }))).toBe("");
		expect(await sendPhoto(photo, "k1", keeping({ put: async () => status }))).toBe("");
	});

	it("that arrived though its answer was lost is looked at all the same", async () => {
		expect(await sendPhoto(photo, "k1", keeping({ put: async () => 412 }))).toBe("att_1");
	});

	it("is sent as it is where the browser can't make it smaller", async () => {
		expect(await small(photo)).toBe(photo);
	});
});

import { afterEach, describe, expect, it, vi } from "vitest";

import { call, online, persist, versioned, whenEnded } from "./call";
import { Failure } from "./problem";

type Asked = { url: string; method: string; headers: Record<string, string>; body: string };

function answering(...answers: (Response | Error)[]): Asked[] {
	const asked: Asked[] = [];
	vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
		asked.push({ url, method: init.method as string, headers: init.headers as Record<string, string>, body: String(init.body ?? "") });
		const next = answers.shift();
		if (!next) throw new Error("asked too often");
		if (next instanceof Error) throw next;
		return next;
	});
	return asked;
}

const json = (body: unknown, status = 200, head: Record<string, string> = {}) => new Response(JSON.stringify(body), { status, headers: head });
const problem = (status: number, code: string) => json({ type: `/problems/${code}`, detail: "no", reference: "HC-1" }, status);

afterEach(() => {
	vi.unstubAllGlobals();
	whenEnded(async () => false);
});

describe("a call", () => {
	it("names what is done, and what version it is done to", async () => {
		const asked = answering(json({ id: "ord_1" }, 200, { ETag: '"4"' }));

		const got = await versioned("PUT /orders/{id}/address", { path: { id: "ord/1" }, match: '"3"', body: { text: "5 Lamp Street", point: { lat: 1, lon: 2 } } });

		expect(asked[0]?.url).toBe("/api/v1/orders/ord%2F1/address");
		expect(asked[0]?.headers["If-Match"]).toBe('"3"');
		expect(got.tag).toBe('"4"');
	});

	it("sends a file as it is", async () => {
		const asked = answering(json({ products: 1, batches: 1 }));

		await call("POST /pharmacies/{id}/stock/import", { path: { id: "phm_1" }, body: "product,price\na,1\n", file: "text/csv" });

		expect(asked[0]?.body).toBe("product,price\na,1\n");
		expect(asked[0]?.headers["Content-Type"]).toBe("text/csv");
	});

	it("carries one key through every try until it is answered", async () => {
		const asked = answering(new TypeError("network"), problem(503, "unavailable"), json({ id: "ord_1" }));

		await persist((key) => call("POST /orders/{id}/pay", { key, path: { id: "ord_1" }, body: { method: "card_ok" } }), undefined, 4, async () => {});

		const keys = asked.map((a) => a.headers["Idempotency-Key"]);
		expect(keys).toHaveLength(3);
		expect(new Set(keys).size).toBe(1);
	});

	it("does not try again what was refused", async () => {
		const asked = answering(problem(409, "price-changed"));

		const err = await persist((key) => call("POST /orders/{id}/pay", { key, path: { id: "o" }, body: { method: "card_ok" } }), undefined, 4, async () => {}).catch((e: unknown) => e);

		expect((err as Failure).code).toBe("price-changed");
		expect((err as Failure).reference).toBe("HC-1");
		expect(asked).toHaveLength(1);
	});

	it("goes on with what was typed once somebody has signed in again", async () => {
		const asked = answering(problem(401, "unauthorized"), json({ id: "cas_1" }));
		whenEnded(async () => true);

		await call("POST /cases", { key: "k1", body: { category: "late", text: "Where is it" } });

		expect(asked.map((a) => [a.headers["Idempotency-Key"], a.body])).toEqual([
			["k1", '{"category":"late","text":"Where is it"}'],
			["k1", '{"category":"late","text":"Where is it"}'],
		]);
	});

	it("says that the session ended when nobody signs in again, and asks no third time", async () => {
		const asked = answering(problem(401, "unauthorized"), problem(401, "unauthorized"));
		whenEnded(async () => true);

		await expect(call("GET /me")).rejects.toMatchObject({ status: 401 });

		expect(asked).toHaveLength(2);
	});

	it("tells a lost network from a refusal", async () => {
		answering(new TypeError("failed to fetch"), json({}));

		await expect(call("GET /me")).rejects.toMatchObject({ status: 0, away: true });
		expect(online.value).toBe(false);
		await call("GET /me");
		expect(online.value).toBe(true);
	});
});

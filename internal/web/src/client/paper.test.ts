import { deflateRawSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";

import { check, gather, Unread } from "./paper";

const signed = Date.parse("2026-11-22T13:17:00Z");
const until = signed + 3 * 86_400_000;
const b64 = (b: ArrayBuffer | Uint8Array | string) => Buffer.from(b as Uint8Array).toString("base64url");

let pair: CryptoKeyPair;
let key: Parameters<typeof check>[1][number];

/** paper signs a card as internal/paper does: a JWS over a deflated JSON. */
async function paper(card: object = { at: signed, un: until }, kid = "k1", pen = pair): Promise<string> {
	const message = `${b64(JSON.stringify({ alg: "ES256", kid, typ: "hcrx", zip: "DEF" }))}.${b64(deflateRawSync(JSON.stringify(card)))}`;
	const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pen.privateKey, new TextEncoder().encode(message));
	return `${message}.${b64(signature)}`;
}

/** codes cuts a text as printed: two digits for each letter. */
function codes(jws: string, n: number): string[] {
	const each = Math.ceil(jws.length / n);
	return Array.from({ length: n }, (_, i) => `hcrx:/${n > 1 ? `${i + 1}/${n}/` : ""}${[...jws.slice(i * each, (i + 1) * each)].map((c) => String(c.charCodeAt(0) - 45).padStart(2, "0")).join("")}`);
}

beforeAll(async () => {
	pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
	const jwk = await crypto.subtle.exportKey("jwk", pair.publicKey);
	key = { kid: "k1", kty: "EC", crv: "P-256", x: jwk.x ?? "", y: jwk.y ?? "", since: "2026-11-22T12:00:00Z" };
});

describe("a paper checked without network", () => {
	it("is genuine while its time runs, and expired after", async () => {
		const jws = await paper();

		expect(await check(jws, [key], signed + 1000)).toEqual({ state: "genuine", until });
		expect(await check(jws, [key], until)).toEqual({ state: "expired", until });
	});

	it("is forged when a letter of it was changed, when another signed it, and when nobody knows the key", async () => {
		const jws = await paper();
		const [head, , signature] = jws.split(".");
		const other = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);

		expect(await check(`${head}.${b64(deflateRawSync(JSON.stringify({ at: signed, un: until + 1 })))}.${signature}`, [key], signed)).toEqual({ state: "forged" });
		expect(await check(await paper({ at: signed, un: until }, "k1", other), [key], signed)).toEqual({ state: "forged" });
		expect(await check(await paper({ at: signed, un: until }, "k2"), [key], signed)).toEqual({ state: "forged" });
	});

	it.each([
		["before its key was made", { since: "2026-11-22T14:00:00Z" }],
		["after its key was revoked", { revoked: "2026-11-22T13:00:00Z" }],
		["after its key had been replaced", { retired: "2026-11-22T13:00:00Z" }],
	])("that was signed %s does not count", async (_, more) => {
		expect(await check(await paper(), [{ ...key, ...more }], signed + 1000)).toEqual({ state: "forged" });
	});

	it("that claims to be signed in the future does not count", async () => {
		expect(await check(await paper(), [key], signed - 3_600_000)).toEqual({ state: "forged" });
	});

	it.each(["", "a.b", "a.b.c", "a.b.c.d", "eyJhbGciOiJub25lIn0.e30."])("reads %j as forged, whatever somebody typed", async (typed) => {
		expect(await check(typed, [key], signed)).toEqual({ state: "forged" });
	});
});

describe("the codes of a paper", () => {
	it("are put together in any order, and scanned twice they are the same", async () => {
		const jws = await paper();
		const [a, b, c] = codes(jws, 3);

		expect(gather(`${c}\n${a} ${b} ${a}`)).toBe(jws);
		expect(gather(codes(jws, 1)[0] ?? "")).toBe(jws);
		expect(gather(jws)).toBe(jws);
	});

	it("tell which of them is missing", async () => {
		const [, b] = codes(await paper(), 2);

		expect(() => gather(b ?? "")).toThrow(new Unread("missing", 1, 2));
		expect(() => gather(b ?? "")).toThrow(expect.objectContaining({ part: 1, of: 2 }));
	});

	it("of two papers are not mixed", async () => {
		const [a] = codes(await paper(), 2);
		const [, b] = codes(await paper({ at: signed, un: until + 1 }), 3);

		expect(() => gather(`${a} ${b}`)).toThrow("mixed");
	});

	it.each([["hcrx:/123", "cut"], ["hcrx:/9999", "none"], ["hcrx:/3/2/1212", "none"], ["https://x https://y", "none"]])("%s is refused: %s", (typed, why) => {
		expect(() => gather(typed)).toThrow(why);
	});
});

import { keep } from "./keep";

// A prescription on paper, checked on the device: the doctor's signature over what stands in its codes,
// with the published keys. What became of it since, cancelled or dispensed, is known on line alone.
// The forms are those of internal/paper.

const scheme = "hcrx:/";

/** Unread says why what was scanned is no whole code yet. */
export class Unread extends Error {
	constructor(
		readonly why: "none" | "mixed" | "cut" | "missing",
		/** Which code is missing, of how many. */
		readonly part = 0,
		readonly of = 0,
	) {
		super(why);
	}
}

/** gather makes the signed text of what scanners gave: the codes of one paper in any order, or the text itself. */
export function gather(scanned: string): string {
	const texts = scanned.trim().split(/\s+/).filter(Boolean);
	if (texts.length === 1 && texts[0] && !texts[0].startsWith(scheme)) return texts[0];
	const parts = new Map<number, string>();
	let total = 1;
	for (const text of texts) {
		const m = /^hcrx:\/(?:(\d{1,2})\/(\d{1,2})\/)?(\d+)$/.exec(text);
		if (!m) throw new Unread("none");
		const [i, n] = m[1] ? [Number(m[1]), Number(m[2])] : [1, 1];
		if (i < 1 || i > n || n > 40) throw new Unread("none");
		if (parts.size > 0 && n !== total) throw new Unread("mixed");
		total = n;
		const piece = letters(m[3] ?? "");
		if ((parts.get(i) ?? piece) !== piece) throw new Unread("mixed");
		parts.set(i, piece);
	}
	let out = "";
	for (let i = 1; i <= total; i++) {
		const piece = parts.get(i);
		if (piece === undefined) throw new Unread("missing", i, total);
		out += piece;
	}
	return out;
}

function letters(digits: string): string {
	if (digits.length % 2 || !digits) throw new Unread("cut");
	let out = "";
	for (let i = 0; i < digits.length; i += 2) {
		const n = Number(digits.slice(i, i + 2));
		if (n > 77) throw new Unread("none");
		out += String.fromCharCode(45 + n);
	}
	return out;
}

interface Key {
	kid: string;
	kty: string;
	crv: string;
	x: string;
	y: string;
	since: string;
	retired?: string;
	revoked?: string;
}

/** Verdict is what the device can tell; until is when a genuine one runs out. */
export type Verdict = { state: "genuine" | "expired"; until: number } | { state: "forged" };

const skew = 5 * 60_000; // how far the clock that signed may be ahead
const overlap = 15 * 60_000; // a signing that began may end so long after another key took over

/** check tells of a signed text whether its signature fits, and whether its time is over. */
export async function check(jws: string, keys: readonly Key[], now: number): Promise<Verdict> {
	const [head, body, signature, more] = jws.split(".");
	if (!head || !body || !signature || more !== undefined) return { state: "forged" };
	try {
		const h = JSON.parse(text(bytes(head))) as { alg?: string; kid?: string; typ?: string; zip?: string };
		const key = keys.find((k) => k.kid === h.kid);
		if (h.alg !== "ES256" || h.typ !== "hcrx" || h.zip !== "DEF" || key?.kty !== "EC" || key.crv !== "P-256") return { state: "forged" };
		const own = await crypto.subtle.importKey("jwk", { kty: key.kty, crv: key.crv, x: key.x, y: key.y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
		const fits = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, own, bytes(signature), new TextEncoder().encode(`${head}.${body}`));
		if (!fits) return { state: "forged" };
		const card = JSON.parse(text(await inflate(bytes(body)))) as { at: number; un: number };
		const bad = card.at < Date.parse(key.since) || (key.revoked && card.at >= Date.parse(key.revoked)) || (key.retired && card.at > Date.parse(key.retired) + overlap) || card.at > now + skew;
		if (bad || typeof card.un !== "number") return { state: "forged" };
		return { state: now < card.un ? "genuine" : "expired", until: card.un };
	} catch {
		return { state: "forged" };
	}
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
	const raw = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
	return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

const text = (b: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(b);

async function inflate(small: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
	const stream = new Blob([small]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** signingKeys are the published keys; without network those of the last time. */
export async function signingKeys(): Promise<Key[]> {
	try {
		const answer = await fetch("/.well-known/jwks.json", { cache: "no-cache" });
		if (!answer.ok) throw new Error(String(answer.status));
		const { keys } = (await answer.json()) as { keys: Key[] };
		await keep.write("last", "signing keys", keys);
		return keys;
	} catch {
		return (await keep.read<Key[]>("last", "signing keys")) ?? [];
	}
}

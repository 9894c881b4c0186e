import { signal } from "@preact/signals";

import type { Routes } from "../api.gen";
import { Failure, failureOf } from "./problem";

type Parts<R> = Omit<R, "answer">;
type Needs<R> = { [K in keyof Parts<R> as K extends "query" ? never : K]: Parts<R>[K] } & (R extends { query: infer Q } ? { query?: Q } : unknown);

/** What a call takes beside what the route says. */
export interface Way {
	/** The ETag of the version that was read; "*" for whatever it is. */
	match?: string;
	/** Names what is done: the same key again does it once. Made anew when left out. */
	key?: string;
	/** What kind of file the body is; it is sent as it is. */
	file?: string;
	signal?: AbortSignal;
}

type Args<R> = keyof Needs<R> extends never ? [(Needs<R> & Way)?] : object extends Needs<R> ? [(Needs<R> & Way)?] : [Needs<R> & Way];

export type Route = keyof Routes;
export type Answer<R extends Route> = Routes[R]["answer"];

/** Versioned is an answer with the ETag it came with. */
export interface Versioned<T> {
	body: T;
	tag: string;
}

/** online tells whether the last call arrived; the browser's own word is believed only when it says no. */
export const online = signal(typeof navigator === "undefined" ? true : navigator.onLine);

/** ended is called when the session has: it answers true once somebody has signed in again. */
let ended: () => Promise<boolean> = async () => false;

/** whenEnded sets what asks to sign in again, so that a call can go on with what was typed. */
export function whenEnded(ask: () => Promise<boolean>): void {
	ended = ask;
}

/** newKey is an Idempotency-Key, new for each thing that is wanted done: a UUIDv7, whose time lets the server keep together what is made together. */
export function newKey(): string {
	const b = crypto.getRandomValues(new Uint8Array(16));
	let now = Date.now();
	for (let i = 5; i >= 0; i--, now = Math.floor(now / 256)) b[i] = now % 256;
	b[6] = 0x70 | ((b[6] ?? 0) & 0x0f);
	b[8] = 0x80 | ((b[8] ?? 0) & 0x3f);
	return [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
}

const base = "/api/v1";

function address(route: string, args: { path?: Record<string, string>; query?: Record<string, unknown> }): [string, string] {
	const [method = "GET", pattern = ""] = route.split(" ");
	const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(args.path?.[name] ?? ""));
	const query = new URLSearchParams();
	for (const [k, v] of Object.entries(args.query ?? {})) if (v !== undefined && v !== "") query.set(k, String(v));
	const tail = query.toString();
	return [method, base + path + (tail ? `?${tail}` : "")];
}

/** versioned asks a route and answers with the ETag. */
export async function versioned<R extends Route>(route: R, ...[args]: Args<Routes[R]>): Promise<Versioned<Answer<R>>> {
	const a = (args ?? {}) as Way & { path?: Record<string, string>; query?: Record<string, unknown>; body?: unknown };
	const [method, url] = address(route, a);
	const headers: Record<string, string> = { Accept: "application/json" };
	if (method === "POST") headers["Idempotency-Key"] = a.key ?? newKey();
	if (a.match) headers["If-Match"] = a.match;
	if (a.body !== undefined) headers["Content-Type"] = a.file ?? "application/json";
	const body = a.file && typeof a.body === "string" ? a.body : JSON.stringify(a.body);
	const ask = { method, headers, credentials: "same-origin", body, signal: a.signal ?? null } as RequestInit;
	for (let again = true; ; again = false) {
		const answer = await send(url, ask);
		if (answer.ok) {
			const text = answer.status === 204 ? "" : await answer.text();
			return { body: (text ? JSON.parse(text) : undefined) as Answer<R>, tag: answer.headers.get("ETag") ?? "" };
		}
		const problem = await failureOf(answer);
		const lost = problem.status === 401 && !route.includes("/sign-in") && !route.includes("/session/");
		if (!(again && lost && (await ended()))) throw problem;
	}
}

async function send(url: string, ask: RequestInit): Promise<Response> {
	try {
		const answer = await fetch(url, ask);
		online.value = true;
		return answer;
	} catch (err) {
		if (err instanceof DOMException && err.name === "AbortError") throw err;
		online.value = false;
		throw new Failure(0, "away", "");
	}
}

/** call asks a route and answers what it answers. */
export async function call<R extends Route>(route: R, ...args: Args<Routes[R]>): Promise<Answer<R>> {
	return (await versioned(route, ...args)).body;
}

/** persist tries again while the network is away or the service busy, with one key, until it is answered. */
export async function persist<T>(work: (key: string) => Promise<T>, key = newKey(), tries = 4, pause = (ms: number) => new Promise<void>((r) => setTimeout(r, ms))): Promise<T> {
	for (let n = 1; ; n++) {
		try {
			return await work(key);
		} catch (err) {
			const passing = err instanceof Failure && (err.away || err.status === 503);
			if (!passing || n >= tries) throw err;
			await pause(Math.min(8000, 400 * 2 ** n));
		}
	}
}

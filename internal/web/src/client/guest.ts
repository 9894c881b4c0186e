import type { CallTicket, GuestLook, GuestSession } from "../api.gen";
import { Failure, failureOf } from "./problem";
import { newKey } from "./call";

// What a guest's browser keeps: the session that their link was exchanged for, so that the same browser
// comes back until the call ends. The link itself is kept nowhere; it stands behind the # of the address.

/** Kept is a guest's session of one call. */
export interface Kept {
	session: string;
	visit: string;
	name: string;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** nameOf names what is kept for a link without saying the link: FNV-1a over all of it. */
export function nameOf(token: string): string {
	let h = 0x811c9dc5;
	for (let i = 0; i < token.length; i++) h = Math.imul(h ^ token.charCodeAt(i), 0x01000193) >>> 0;
	return `hc.guest.${h.toString(16).padStart(8, "0")}`;
}

/** Places are what is kept in a browser for the links that were opened in it. */
export class Places {
	constructor(private readonly store: Store | undefined) {}

	read(token: string): Kept | undefined {
		try {
			const kept = JSON.parse(this.store?.getItem(nameOf(token)) ?? "null") as Partial<Kept> | null;
			if (!kept?.session || !kept.visit || kept.visit !== token.split(".")[0]) return undefined;
			return { session: kept.session, visit: kept.visit, name: kept.name ?? "" };
		} catch {
			return undefined;
		}
	}

	write(token: string, kept: Kept): void {
		try {
			this.store?.setItem(nameOf(token), JSON.stringify(kept));
		} catch {
			// a browser that keeps nothing: the place is this page's alone
		}
	}

	drop(token: string): void {
		try {
			this.store?.removeItem(nameOf(token));
		} catch {
			// nothing was kept
		}
	}
}

/** post asks as a guest: never with the cookie of somebody who is signed in here as well. */
async function post<T>(path: string, body?: unknown, session?: string, key = newKey()): Promise<T> {
	const headers: Record<string, string> = { Accept: "application/json", "Idempotency-Key": key };
	if (body !== undefined) headers["Content-Type"] = "application/json";
	if (session) headers.Authorization = `Bearer ${session}`;
	let answer: Response;
	try {
		answer = await fetch(`/api/v1${path}`, { method: "POST", headers, credentials: "omit", cache: "no-store", ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
	} catch {
		throw new Failure(0, "away", "");
	}
	if (!answer.ok) throw await failureOf(answer);
	return (await answer.json()) as T;
}

/** look asks what a link is for; nothing is spent. */
export const look = (token: string): Promise<GuestLook> => post("/guests/look", { token });

/** exchange turns the link into a session, once. The key makes a lost answer come again. */
export const exchange = (token: string, name: string, key: string): Promise<GuestSession> => post("/guests/exchange", { token, name }, undefined, key);

/** ticket lets a guest take their seat. */
export const ticket = (kept: Kept): Promise<CallTicket> => post(`/visits/${encodeURIComponent(kept.visit)}/ticket`, undefined, kept.session);

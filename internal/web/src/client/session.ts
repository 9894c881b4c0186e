import { signal } from "@preact/signals";

import type { AccountView } from "../api.gen";
import { language, speak } from "../words/words";
import { call, online, whenEnded } from "./call";
import { Feed } from "./feed";
import { keep } from "./keep";
import { Failure } from "./problem";

/** me is who is signed in: undefined while that is not known, null when nobody is. */
export const me = signal<AccountView | null | undefined>(undefined);

/** asking is set while a session that has ended asks to sign in again, over the screen. */
export const asking = signal<((back: boolean) => void) | null>(null);

let waiting: Promise<boolean> | undefined;

/** signInAgain shows the sign-in over the screen and answers once that has ended. One at a time. */
export function signInAgain(): Promise<boolean> {
	if (!me.value) return Promise.resolve(false);
	waiting ??= new Promise<boolean>((done) => {
		asking.value = (back) => {
			asking.value = null;
			waiting = undefined;
			done(back);
		};
	});
	return waiting;
}

export const feed = new Feed(undefined, () => void signInAgain().then((back) => back && feed.nudge()));

whenEnded(signInAgain);

/** begin finds out who is signed in; without network it is who was last. */
export async function begin(): Promise<void> {
	try {
		await entered(await call("GET /me"));
	} catch (err) {
		if (err instanceof Failure && err.status === 401) {
			me.value = null;
			return;
		}
		me.value = (await keep.read<AccountView>("last", "me")) ?? null;
		if (me.value) feed.start();
	}
}

/** entered takes up a session that was just opened. */
export async function entered(account: AccountView): Promise<void> {
	const before = await keep.read<AccountView>("last", "me");
	if (before && before.id !== account.id) await keep.clear(); // a shared device: nobody sees the last one's state
	await keep.write("last", "me", account);
	me.value = account;
	feed.start();
}

/** leave signs out and forgets what was kept here. */
export async function leave(): Promise<void> {
	try {
		await call("DELETE /session");
	} catch (err) {
		if (err instanceof Failure && err.away) throw err; // the cookie would stay
	}
	feed.stop();
	await keep.clear();
	me.value = null;
}

/** size is the type size: normal, large (elder mode) or largest. */
export type Size = "normal" | "large" | "largest";
export const size = signal<Size>((document.documentElement.dataset.elder as Size | undefined) ?? "normal");
export type Look = "auto" | "light" | "dark";
const store = (key: string, value: string) => {
	try {
		localStorage.setItem(`hc.${key}`, value);
	} catch {
		// kept for this page alone
	}
};
export const look = signal<Look>(readLook());

function readLook(): Look {
	try {
		return (localStorage.getItem("hc.look") as Look | null) ?? "auto";
	} catch {
		return "auto";
	}
}

/** setSize changes the type size, here and, for who is signed in, everywhere. */
export function setSize(s: Size): void {
	size.value = s;
	if (s === "normal") delete document.documentElement.dataset.elder;
	else document.documentElement.dataset.elder = s;
	store("size", s);
}

export function setLook(l: Look): void {
	look.value = l;
	store("look", l);
	const dark = l === "dark" || (l === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
	if (dark) document.documentElement.dataset.theme = "dark";
	else delete document.documentElement.dataset.theme;
}

/** toggleLanguage is for the one button that offers the other language in its own words. */
export function toggleLanguage(): void {
	speak(language.value === "zh" ? "en" : "zh");
}

if (typeof window !== "undefined") {
	window.addEventListener("online", () => {
		online.value = true;
		if (me.value) feed.nudge();
	});
	window.addEventListener("offline", () => (online.value = false));
	document.addEventListener("visibilitychange", () => {
		if (!document.hidden && me.value) feed.nudge();
	});
	// What was chosen in another tab holds here too.
	window.addEventListener("storage", (e) => {
		if (e.key === "hc.language" && (e.newValue === "en" || e.newValue === "zh") && e.newValue !== language.value) speak(e.newValue);
		if (e.key === "hc.look" && e.newValue) setLook(e.newValue as Look);
		if (e.key === "hc.size" && e.newValue) setSize(e.newValue as Size);
	});
	matchMedia("(prefers-color-scheme: dark)").addEventListener?.("change", () => setLook(look.value));
}

import { signal } from "@preact/signals";

import { me } from "../../client/session";

/** counter is the pharmacy that the one who is signed in works at. */
export function counter(): string {
	return me.value?.pharmacy ?? "";
}

/** short is how an order is called at the counter: the end of its number. */
export function short(order: string): string {
	return `HC-${order.slice(-4).toUpperCase()}`;
}

function read(): boolean {
	try {
		return localStorage.getItem("hc.sound") !== "off";
	} catch {
		return true;
	}
}

/** sound tells whether tones are heard at this counter. */
export const sound = signal(read());

/** toggleSound turns tones on and off, on this device. */
export function toggleSound(): void {
	sound.value = !sound.value;
	try {
		localStorage.setItem("hc.sound", sound.value ? "on" : "off");
	} catch {
		// for this page alone
	}
}

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { GeoPoint } from "../../api.gen";
import { call } from "../../client/call";

// What the phone does beside the screen: where it is, and a screen that stays awake.

/** place is where the phone was last, and whether it says at all. */
export const place = signal<{ point?: GeoPoint; heading?: number; refused?: boolean }>({});

interface Fix {
	at: string;
	point: GeoPoint;
	accuracy_metres: number;
}

const most = 500; // an hour without network, at one every seven seconds
const between = 7000;
let waiting: Fix[] = [];
let last = 0;
let sending = false;

/** here asks the phone once. */
export function here(): Promise<GeoPoint> {
	return new Promise((done, failed) => {
		if (!navigator.geolocation) return failed(new Error("no position"));
		navigator.geolocation.getCurrentPosition(
			(p) => {
				const point = { lat: p.coords.latitude, lon: p.coords.longitude };
				place.value = { point };
				done(point);
			},
			(err) => {
				if (err.code === err.PERMISSION_DENIED) place.value = { ...place.value, refused: true };
				failed(err);
			},
			{ enableHighAccuracy: true, timeout: 10_000, maximumAge: 15_000 },
		);
	});
}

async function send(): Promise<void> {
	if (sending || waiting.length === 0) return;
	sending = true;
	const now = waiting;
	waiting = [];
	try {
		await call("POST /shift/positions", { body: { positions: now } });
	} catch {
		waiting = [...now, ...waiting].slice(-most); // sent with the next one; old ones are of no use
	} finally {
		sending = false;
	}
}

/** useWatched reports where the phone is, while on shift. */
export function useWatched(on: boolean): void {
	useEffect(() => {
		if (!on || !navigator.geolocation) return;
		const id = navigator.geolocation.watchPosition(
			(p) => {
				const point = { lat: p.coords.latitude, lon: p.coords.longitude };
				place.value = { point, ...(p.coords.heading === null ? {} : { heading: p.coords.heading }) };
				if (p.timestamp - last < between) return;
				last = p.timestamp;
				waiting.push({ at: new Date(p.timestamp).toISOString(), point, accuracy_metres: Math.min(10_000, Math.max(0, p.coords.accuracy)) });
				waiting = waiting.slice(-most);
				void send();
			},
			(err) => {
				if (err.code === err.PERMISSION_DENIED) place.value = { ...place.value, refused: true };
			},
			{ enableHighAccuracy: true, maximumAge: 5000 },
		);
		return () => navigator.geolocation.clearWatch(id);
	}, [on]);
}

/** useAwake keeps the screen on while there is a job in hand. */
export function useAwake(on: boolean): void {
	useEffect(() => {
		if (!on || !("wakeLock" in navigator)) return;
		let lock: WakeLockSentinel | undefined;
		let gone = false;
		const ask = () => {
			if (document.hidden) return;
			navigator.wakeLock.request("screen").then(
				(l) => (gone ? void l.release() : (lock = l)),
				() => {}, // low battery: the screen may sleep
			);
		};
		ask();
		document.addEventListener("visibilitychange", ask); // a hidden page loses it
		return () => {
			gone = true;
			document.removeEventListener("visibilitychange", ask);
			void lock?.release();
		};
	}, [on]);
}

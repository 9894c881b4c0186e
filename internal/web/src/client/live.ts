import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { online } from "./call";
import type { Happened } from "./feed";
import { keep } from "./keep";
import { Failure } from "./problem";
import { feed, me } from "./session";

/** Live is what a screen shows: its data once there, when it was loaded, and what went wrong last. */
export interface Live<T> {
	data: T | undefined;
	/** When this state was read from the server. */
	at: number;
	problem: unknown;
	reload: () => Promise<void>;
	/** put shows an answer of a step at once, before the feed says it. */
	put: (data: T) => void;
}

interface Kept<T> {
	at: number;
	data: T;
}

/** How often a screen looks by itself although the feed said nothing, in case it was cut off unseen. */
const anyway = 60_000;

/**
 * useLive loads and shows: first what was kept on the device, then the server's word, and again by
 * itself whenever something happens that concerns it (anything on one's feed, unless `concerns` says
 * less), or every so often (`every`: never when 0). A load that fails leaves what was shown. A key that begins with "no-keep " is kept nowhere.
 */
export function useLive<T>(key: string, load: () => Promise<T>, concerns: (e: Happened) => boolean = () => true, every = anyway): Live<T> {
	const state: Signal<Omit<Live<T>, "reload" | "put">> = useSignal({ data: undefined, at: 0, problem: undefined });
	const now = useRef({ key, load, concerns, running: false, again: false, put: (_: T) => {}, reload: async () => {} });
	now.current.load = load;
	now.current.concerns = concerns;

	useEffect(() => {
		const own = now.current;
		own.key = key;
		let gone = false;
		let soon: ReturnType<typeof setTimeout> | undefined;
		const kept = !key.startsWith("no-keep "); // codes and the like are never on the device
		const name = `${me.value?.id ?? "nobody"} ${key}`;
		const show = (data: T) => {
			state.value = { data, at: Date.now(), problem: undefined };
			if (kept) void keep.write("last", name, { at: Date.now(), data } satisfies Kept<T>);
		};
		const reload = async () => {
			if (own.running) {
				own.again = true;
				return;
			}
			own.running = true;
			do {
				own.again = false;
				try {
					const data = await own.load();
					if (!gone) show(data);
				} catch (problem) {
					if (!gone && !(problem instanceof DOMException)) {
						// What may no longer be seen is not shown any more; what can't be reached now is.
						const lost = problem instanceof Failure && (problem.status === 404 || problem.status === 403);
						state.value = { ...state.value, data: lost ? undefined : state.value.data, problem };
					}
				}
			} while (own.again && !gone);
			own.running = false;
		};
		own.put = show;
		own.reload = reload;
		own.running = false;
		state.value = { data: undefined, at: 0, problem: undefined };
		if (kept)
			void keep.read<Kept<T>>("last", name).then((last) => {
				if (!gone && last && state.value.data === undefined) state.value = { ...state.value, data: last.data, at: last.at };
			});
		void reload();
		const unhear = feed.hear((e) => {
			if (e !== "reset" && !own.concerns(e)) return;
			clearTimeout(soon);
			soon = setTimeout(() => void reload(), 60); // one step leaves several events
		});
		const timer = every > 0 ? setInterval(() => !document.hidden && void reload(), every) : undefined;
		const unwatch = online.subscribe((on) => {
			if (on && state.value.problem instanceof Failure && state.value.problem.away) void reload();
		});
		return () => {
			gone = true;
			clearTimeout(soon);
			clearInterval(timer);
			unhear();
			unwatch();
		};
	}, [key]);

	return { ...state.value, reload: () => now.current.reload(), put: (d) => now.current.put(d) };
}

/** useNow is the time, anew each so many milliseconds: patients' clocks show minutes. */
export function useNow(every = 10_000): number {
	const now = useSignal(Date.now());
	useEffect(() => {
		const timer = setInterval(() => (now.value = Date.now()), every);
		return () => clearInterval(timer);
	}, [every]);
	return now.value;
}

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { newKey, persist } from "./call";
import { Failure } from "./problem";

/** Act is a step that a button takes. */
export interface Act<A extends unknown[]> {
	(...args: A): Promise<boolean>;
	busy: boolean;
	problem: unknown;
	clear: () => void;
}

/**
 * useAct runs a step. A press while it runs does nothing; it is sent again by itself while the network
 * is away, and when it was never answered the next press uses the same key, so that it is done once.
 */
export function useAct<A extends unknown[]>(work: (key: string, ...args: A) => Promise<unknown>): Act<A> {
	const state = useSignal<{ busy: boolean; problem: unknown }>({ busy: false, problem: undefined });
	const open = useRef<{ key: string; said: string } | undefined>(undefined);
	const run = async (...args: A): Promise<boolean> => {
		if (state.value.busy) return false;
		state.value = { busy: true, problem: undefined };
		const said = sayArgs(args);
		if (open.current?.said !== said) open.current = { key: newKey(), said };
		try {
			await persist((key) => work(key, ...args), open.current.key);
			open.current = undefined;
			state.value = { busy: false, problem: undefined };
			return true;
		} catch (problem) {
			const unanswered = problem instanceof Failure && (problem.away || problem.status >= 500);
			if (!unanswered) open.current = undefined;
			state.value = { busy: false, problem };
			return false;
		}
	};
	const clear = () => (state.value = { ...state.value, problem: undefined });
	return Object.assign(run, { busy: state.value.busy, problem: state.value.problem, clear });
}

/** What was pressed with; something else is another thing done. */
function sayArgs(args: unknown[]): string {
	try {
		return JSON.stringify(args, (_, v) => (v instanceof Event ? undefined : v));
	} catch {
		return "";
	}
}

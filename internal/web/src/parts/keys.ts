import { useEffect, useRef } from "preact/hooks";

/** useKeys hears single keys, but never while somebody types or a sheet is open. */
export function useKeys(keys: Record<string, () => unknown>): void {
	const now = useRef(keys);
	now.current = keys;
	useEffect(() => {
		const hear = (e: KeyboardEvent) => {
			const at = e.target as HTMLElement | null;
			if (e.ctrlKey || e.metaKey || e.altKey || at?.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
			if (e.key === "Enter" && at?.closest("a, button")) return;
			const act = now.current[e.key.length === 1 ? e.key.toLowerCase() : e.key];
			if (!act) return;
			e.preventDefault();
			act();
		};
		document.addEventListener("keydown", hear);
		return () => document.removeEventListener("keydown", hear);
	}, []);
}

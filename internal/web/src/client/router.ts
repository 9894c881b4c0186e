import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

/** where is the address that is shown. */
export const where = signal(typeof location === "undefined" ? "/" : location.pathname);

/** go shows another address. */
export function go(to: string, replace = false): void {
	if (to === location.pathname + location.search + location.hash) return;
	history[replace ? "replaceState" : "pushState"](null, "", to);
	where.value = location.pathname;
	window.scrollTo(0, 0);
}

/** back goes one step back, or to the address when this is the first page. */
export function back(otherwise: string): void {
	if (history.length > 1 && history.state !== "first") history.back();
	else go(otherwise, true);
}

type Loaded = { default: ComponentType<never> };
export type Load = () => Promise<Loaded>;
/** Table is a list of addresses, each with the import of its screen. */
export type Table = readonly (readonly [pattern: string, load: Load])[];

export interface Found {
	pattern: string;
	load: Load;
	props: Record<string, string>;
}

/** find answers the first line of the table that fits; {name} in a pattern takes one part of the address. */
export function find(table: Table, path: string): Found | undefined {
	const parts = path.replace(/\/+$/, "").split("/");
	for (const [pattern, load] of table) {
		const want = pattern.replace(/\/+$/, "").split("/");
		if (want.length !== parts.length) continue;
		const props: Record<string, string> = {};
		const fits = want.every((w, i) => {
			const part = parts[i] ?? "";
			if (!w.startsWith(":")) return w === part;
			props[w.slice(1)] = decodeURIComponent(part);
			return part !== "";
		});
		if (fits) return { pattern, load, props };
	}
	return undefined;
}

if (typeof window !== "undefined") {
	window.addEventListener("popstate", () => (where.value = location.pathname));
	document.addEventListener("click", (e) => {
		const a = (e.target as Element | null)?.closest?.("a[href]") as HTMLAnchorElement | null;
		if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || a.target || a.hasAttribute("download")) return;
		const to = new URL(a.href);
		if (to.origin !== location.origin || /^\/(api|blob|docs|outbox|openapi|licences)/.test(to.pathname)) return;
		if (to.pathname === location.pathname && to.hash) return; // within the page
		e.preventDefault();
		go(to.pathname + to.search + to.hash);
	});
}

import { signal } from "@preact/signals";

import type { NamesView } from "../api.gen";
import { call } from "../client/call";
import { keep } from "../client/keep";
import { language } from "./words";

/** How medicines and forms are called in Chinese; asked for when the first is shown in Chinese, and kept. */
export const chinese = signal<NamesView | undefined>(undefined);
let asked = false;

async function ask(): Promise<void> {
	asked = true;
	chinese.value ??= await keep.read<NamesView>("last", "names");
	try {
		chinese.value = await call("GET /formulary/names");
		await keep.write("last", "names", chinese.value);
	} catch {
		asked = false; // the next screen asks again; until then it says the common name of the world
	}
}

/**
 * medicine says a product's code as people do: "amoxicillin/capsule/500mg" is "Amoxicillin 500 mg, capsule", and in
 * Chinese 阿莫西林胶囊 500 mg（amoxicillin）, with the common name of the world behind it as on the paper. A figure
 * and its unit stay on one line.
 */
export function medicine(code: string): string {
	const [inn = "", form = "", strength = ""] = code.split("/");
	const name = inn.replace(/[-_]/g, " ").replace(/\+/g, " + ");
	const dose = strength.replace(/-per-/g, "/").replace(/(\d)(?=[a-zA-Z%µ])/g, "$1\u00a0").replace(/pct\b/g, "%").replace(/_/g, " ");
	if (language.value === "zh") {
		if (!asked && !chinese.value) void ask();
		const zh = chinese.value?.medicines[inn];
		const kind = chinese.value?.forms[form] ?? "";
		if (zh) return `${zh.endsWith(kind) ? zh : zh + kind}${dose ? ` ${dose}` : ""}（${name}）`;
	}
	return `${name.charAt(0).toUpperCase()}${name.slice(1)}${dose ? ` ${dose}` : ""}${form ? `, ${form.replace(/[-_]/g, " ")}` : ""}`;
}

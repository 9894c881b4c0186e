import { signal } from "@preact/signals";

export type Language = "en" | "zh";

/** language is what the app speaks. */
export const language = signal<Language>(document.documentElement.lang.startsWith("zh") ? "zh" : "en");

/** speak changes the language, for this page and the next visit. */
export function speak(l: Language): void {
	language.value = l;
	document.documentElement.lang = l === "zh" ? "zh-CN" : "en";
	try {
		localStorage.setItem("hc.language", l);
	} catch {
		// A browser that keeps nothing: the choice holds for this page.
	}
}

type Same<T> = T extends string ? string : T extends (...args: infer A) => infer R ? (...args: A) => Same<R> : T extends readonly (infer E)[] ? Same<E>[] : { [K in keyof T]: Same<T[K]> };

/** Catalogue answers the words of the language that is spoken now. */
export interface Catalogue<T> {
	(): T;
	of(l: Language): T;
}

/** both makes a catalogue: English, and Chinese with exactly the same keys, else the build fails. */
export function both<T>(words: { en: T; zh: Same<NoInfer<T>> }): Catalogue<T> {
	const of = (l: Language): T => (l === "zh" ? (words.zh as T) : words.en);
	return Object.assign(() => of(language.value), { of });
}

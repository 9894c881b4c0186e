import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

// Every pair of colours that is used, with the contrast of WCAG 2.2 that it needs, light and dark.
const css = readFileSync("src/style/tokens.css", "utf8");
const light: Record<string, string> = {};
const dark: Record<string, string> = {};
for (const [, isDark, body = ""] of css.matchAll(/:root(\[data-theme="dark"\])?\s*\{([^}]*)\}/g))
	for (const [, name = "", value = ""] of body.matchAll(/--([\w-]+):\s*(#[0-9A-Fa-f]{6})/g)) (isDark ? dark : light)[name] = value;
for (const name in light) dark[name] ??= light[name] as string;

const linear = (c: number) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
const luminance = (hex: string) => {
	const n = Number.parseInt(hex.slice(1), 16);
	return 0.2126 * linear(n >> 16) + 0.7152 * linear((n >> 8) & 255) + 0.0722 * linear(n & 255);
};
const ratio = (a: string, b: string) => {
	const [x = 0, y = 0] = [luminance(a), luminance(b)].sort((p, q) => q - p);
	return (x + 0.05) / (y + 0.05);
};

const pages = ["bg", "surface", "sunk", "raised"];
const soft = ["lamp-soft", "ok-soft", "warn-soft", "stop-soft", "info-soft", "action-soft"];
type Pair = [front: string, grounds: string[], least: number];
const pairs: Pair[] = [
	...["ink", "ink-2", "ink-3", "link", "lamp-ink", "ok", "warn", "stop", "info", "fine", "late"].map((f): Pair => [f, pages, 4.5]),
	["on-action", ["action", "action-hover"], 4.5],
	["on-stop", ["stop"], 4.5],
	["ink", soft, 4.5],
	["ink-2", soft, 4.5],
	["lamp-ink", ["lamp-soft"], 4.5],
	["ok", ["ok-soft"], 4.5],
	["warn", ["warn-soft"], 4.5],
	["stop", ["stop-soft"], 4.5],
	["info", ["info-soft"], 4.5],
	["link", ["action-soft"], 4.5],
	["map-label", ["map-land", "map-street", "map-block"], 4.5],
	["paper-ink", ["paper"], 4.5],
	["paper-ink-2", ["paper"], 4.5],
	["paper-warn", ["paper"], 4.5],
	["stage-ink", ["stage", "stage-2", "stage-hang"], 4.5],
	["stage-ink-2", ["stage", "stage-2"], 4.5],
	["line-strong", pages, 3],
	["focus", [...pages, "lamp-soft", "stop-soft", "warn-soft"], 3],
	["lamp", [...pages, "map-land", "map-street", "lamp-soft"], 3],
	["action", [...pages, "map-land", "map-street"], 3],
	["fine", ["map-land", "map-street", "map-block"], 3],
	["risk", [...pages, "map-land", "map-street", "map-block", "warn-soft"], 3],
	["late", ["map-land", "map-street", "map-block", "stop-soft"], 3],
	["stage-line", ["stage", "stage-2"], 3],
];

describe.each([
	["light", light],
	["dark", dark],
])("%s", (_, colours) => {
	it.each(pairs.flatMap(([front, grounds, least]) => grounds.map((ground) => [front, ground, least] as const)))("%s can be told from %s", (front, ground, least) => {
		expect(colours[front], front).toBeDefined();
		expect(colours[ground], ground).toBeDefined();
		expect(ratio(colours[front] as string, colours[ground] as string)).toBeGreaterThanOrEqual(least);
	});
});

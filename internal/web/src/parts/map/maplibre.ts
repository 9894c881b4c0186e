import "maplibre-gl/dist/maplibre-gl.css";
import "./map.css";

import { type GeoJSONSource, LngLatBounds, Map as GL, Marker, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";

import type { GeoPoint } from "../../api.gen";
import { language } from "../../words/words";
import type { MapProps, Mark } from "./map";

setWorkerUrl(workerUrl);

/** Drawn is a map on the screen. */
export interface Drawn {
	show(p: MapProps): void;
	/** dress takes up the colours and the language of now. */
	dress(): void;
	zoom(by: number): void;
	remove(): void;
}

/** Ground is what the server knows of the land: nothing, the streets of a town, or where tiles are. */
interface Ground {
	tiles?: string;
	attribution?: string;
	streets?: [number, number][][];
	main?: [number, number][][];
	water?: [number, number][][];
	green?: [number, number][][];
	blocks?: [number, number][][];
	labels?: { at: [number, number]; en: string; zh: string }[];
}

let ground: Promise<Ground> | undefined;
const groundOf = (): Promise<Ground> => (ground ??= fetch("/map.json").then((r): Promise<Ground> => (r.ok ? r.json() : Promise.resolve({})), (): Ground => ({})));

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#888888";
const pair = (p: GeoPoint): [number, number] => [p.lon, p.lat];
const lines = (list: [number, number][][] = []) => ({ type: "FeatureCollection" as const, features: list.map((coordinates) => ({ type: "Feature" as const, properties: {}, geometry: { type: "LineString" as const, coordinates } })) });
const areas = (list: [number, number][][] = []) => ({ type: "FeatureCollection" as const, features: list.map((ring) => ({ type: "Feature" as const, properties: {}, geometry: { type: "Polygon" as const, coordinates: [ring] } })) });
const closed = (ring: [number, number][]) => (ring.length > 2 && String(ring[0]) !== String(ring.at(-1)) ? [...ring, ring[0] as [number, number]] : ring);

/** The style is inline: nothing is fetched but, where the operator has named one, a tile server. */
function style(g: Ground): StyleSpecification {
	const wide = (small: number, big: number) => ["interpolate", ["exponential", 1.6], ["zoom"], 12, small, 17, big] as unknown as number;
	const s: StyleSpecification = {
		version: 8,
		sources: {
			green: { type: "geojson", data: areas(g.green) },
			blocks: { type: "geojson", data: areas(g.blocks) },
			water: { type: "geojson", data: lines(g.water) },
			streets: { type: "geojson", data: lines(g.streets) },
			main: { type: "geojson", data: lines(g.main) },
			zones: { type: "geojson", data: lines() },
			done: { type: "geojson", data: lines() },
			todo: { type: "geojson", data: lines() },
		},
		layers: [
			{ id: "land", type: "background", paint: { "background-color": colour("map-land") } },
			{ id: "green", type: "fill", source: "green", paint: { "fill-color": colour("map-green") } },
			{ id: "blocks", type: "fill", source: "blocks", paint: { "fill-color": colour("map-block") } },
			{ id: "streets", type: "line", source: "streets", layout: { "line-cap": "round" }, paint: { "line-color": colour("map-street"), "line-width": wide(1.2, 12) } },
			{ id: "water", type: "line", source: "water", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour("map-water"), "line-width": wide(9, 150) } },
			{ id: "main", type: "line", source: "main", layout: { "line-cap": "round" }, paint: { "line-color": colour("map-street"), "line-width": wide(4, 26) } },
			{ id: "zones", type: "line", source: "zones", paint: { "line-color": colour("ink-2"), "line-width": 1.5, "line-dasharray": [4, 3] } },
			{ id: "done", type: "line", source: "done", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour("action"), "line-width": 4, "line-opacity": 0.45 } },
			{ id: "todo", type: "line", source: "todo", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour("action"), "line-width": 4, "line-dasharray": [0.1, 2] } },
		],
	};
	if (g.tiles) {
		s.sources.tiles = { type: "raster", tiles: [g.tiles], tileSize: 256, attribution: g.attribution ?? "" };
		s.layers.splice(1, 0, { id: "tiles", type: "raster", source: "tiles", paint: document.documentElement.dataset.theme === "dark" ? { "raster-brightness-max": 0.5, "raster-saturation": -0.6 } : {} });
	}
	return s;
}

const shapes: Record<Mark["kind"], string> = {
	pharmacy: '<rect x="4" y="4" width="22" height="22" rx="6" fill="var(--surface)" stroke="var(--action)" stroke-width="2"/><path d="M15 9.5v11M9.5 15h11" stroke="var(--action)" stroke-width="2.6" stroke-linecap="round"/>',
	home: '<circle cx="15" cy="15" r="14" fill="var(--action)"/><path d="M8.5 16 15 9.6l6.5 6.4M10.4 14.5v6.3h9.2v-6.3" fill="none" stroke="var(--on-action)" stroke-width="1.9" stroke-linejoin="round" stroke-linecap="round"/>',
	courier: '<circle cx="15" cy="15" r="15" fill="var(--lamp)" opacity=".2"/><circle cx="15" cy="15" r="10" fill="var(--lamp)" stroke="var(--surface)" stroke-width="2.2"/><path class="head" d="M11.4 18.4 15 10.4l3.6 8L15 16.5Z" fill="var(--surface)"/>',
	"old-courier": '<circle cx="15" cy="15" r="9" fill="none" stroke="var(--lamp)" stroke-width="2.6"/>',
	fine: '<circle cx="15" cy="15" r="7.5" fill="var(--fine)" stroke="var(--surface)" stroke-width="2"/>',
	risk: '<path d="M15 6 24 22H6Z" fill="var(--risk)" stroke="var(--surface)" stroke-width="2" stroke-linejoin="round"/>',
	late: '<rect x="6" y="6" width="18" height="18" rx="3" fill="var(--late)" stroke="var(--surface)" stroke-width="2"/><path d="M15 10v6.4M15 19.6v.2" stroke="var(--surface)" stroke-width="2.6" stroke-linecap="round"/>',
	free: '<circle cx="15" cy="15" r="5.5" fill="var(--surface)" stroke="var(--ink-2)" stroke-width="2.2"/>',
	pin: '<path d="M15 29c-5-6-9-9.6-9-15a9 9 0 0 1 18 0c0 5.4-4 9-9 15Z" fill="var(--action)"/><circle cx="15" cy="14" r="3.6" fill="var(--on-action)"/>',
};

function element(m: Mark, onMark?: (id: string) => void): HTMLElement {
	const e = document.createElement(onMark ? "button" : "span");
	e.className = "mark";
	e.setAttribute("aria-label", m.name);
	e.title = m.name;
	if (!onMark) e.setAttribute("role", "img");
	else {
		(e as HTMLButtonElement).type = "button";
		e.addEventListener("click", (ev) => {
			ev.stopPropagation();
			onMark(m.id);
		});
	}
	return e;
}

/** draw makes a map in the box; it fails where the browser can't draw one. */
export async function draw(box: HTMLDivElement, first: MapProps): Promise<Drawn> {
	const g = await groundOf();
	const map = new GL({ container: box, style: style(g), center: [0, 0], zoom: 1, dragRotate: false, pitchWithRotate: false, touchPitch: false, attributionControl: g.tiles ? { compact: true } : false, cooperativeGestures: false, fadeDuration: 0 });
	map.touchZoomRotate.disableRotation();
	map.getCanvas().setAttribute("aria-label", first.label);
	await new Promise<void>((done, failed) => {
		map.once("load", () => done());
		map.once("error", (e) => failed(e.error));
		setTimeout(() => failed(new Error("map")), 15_000);
	});
	const marks = new globalThis.Map<string, { marker: Marker; kind: string }>();
	const labels: Marker[] = [];
	let fitted = "";
	let now = first;
	map.on("click", (e) => now.onPick?.({ lat: round(e.lngLat.lat), lon: round(e.lngLat.lng) }));

	const name = () => {
		for (const l of labels.splice(0)) l.remove();
		for (const l of (g.labels ?? []).slice(0, 6)) {
			const e = document.createElement("span");
			e.className = "place";
			e.textContent = language.value === "zh" ? l.zh : l.en;
			labels.push(new Marker({ element: e }).setLngLat(l.at).addTo(map));
		}
	};
	name();
	// Names of parts of town stand where the town fills the map, not on a heap where it is a dot.
	const crowd = () => box.classList.toggle("far", map.getZoom() < 12);
	map.on("zoom", crowd);
	crowd();

	const put = (id: string, data: ReturnType<typeof lines>) => (map.getSource(id) as GeoJSONSource | undefined)?.setData(data);
	const show = (p: MapProps) => {
		now = p;
		const still = new Set(p.marks.map((m) => m.id));
		for (const [id, m] of marks)
			if (!still.has(id)) {
				m.marker.remove();
				marks.delete(id);
			}
		for (const m of p.marks) {
			let have = marks.get(m.id);
			if (have && have.kind !== m.kind) {
				have.marker.remove();
				have = undefined;
			}
			if (!have) {
				const e = element(m, m.still ? undefined : p.onMark);
				e.innerHTML = `<svg viewBox="0 0 30 30" width="${m.kind === "courier" ? 44 : 32}" height="${m.kind === "courier" ? 44 : 32}" aria-hidden="true">${shapes[m.kind]}</svg>`;
				have = { marker: new Marker({ element: e, anchor: m.kind === "pin" ? "bottom" : "center" }).setLngLat(pair(m.at)).addTo(map), kind: m.kind };
				marks.set(m.id, have);
			}
			have.marker.setLngLat(pair(m.at));
			const e = have.marker.getElement();
			e.setAttribute("aria-label", m.name);
			e.title = m.name;
			e.classList.toggle("chosen", !!m.chosen);
			e.querySelector(".head")?.setAttribute("transform", `rotate(${m.heading ?? 0} 15 15)`);
		}
		put("done", lines(p.done && p.done.length > 1 ? [p.done.map(pair)] : []));
		put("todo", lines(p.todo && p.todo.length > 1 ? [p.todo.map(pair)] : []));
		put("zones", lines((p.zones ?? []).map((z) => closed(z.map(pair)))));
		const see = p.fit ?? [...p.marks.map((m) => m.at), ...(p.zones ?? []).flat()];
		const key = see.map((x) => `${x.lat.toFixed(3)},${x.lon.toFixed(3)}`).join(" ");
		if (see.length > 0 && key !== fitted) {
			const still = matchMedia("(prefers-reduced-motion: reduce)").matches || fitted === "";
			fitted = key;
			const bounds = see.reduce((b, x) => b.extend(pair(x)), new LngLatBounds(pair(see[0] as GeoPoint), pair(see[0] as GeoPoint)));
			map.fitBounds(bounds, { padding: 44, maxZoom: 16, duration: still ? 0 : 600 });
		}
	};
	return {
		show,
		dress: () => {
			map.setStyle(style(g), { diff: false });
			map.once("styledata", () => setTimeout(() => show(now), 50));
			name();
		},
		zoom: (by) => map.zoomTo(map.getZoom() + by, { duration: 200 }),
		remove: () => map.remove(),
	};
}

const round = (x: number) => Math.round(x * 1e5) / 1e5;

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { GeoPoint } from "../../api.gen";
import { look } from "../../client/session";
import { both, language } from "../../words/words";
import { Ghost } from "../page";
import type { Drawn } from "./maplibre";

/** Mark is one thing on the map. */
export interface Mark {
	id: string;
	at: GeoPoint;
	kind: "pharmacy" | "home" | "courier" | "old-courier" | "fine" | "risk" | "late" | "free" | "pin";
	/** What it is, for who does not see the map; the map is never the only place. */
	name: string;
	/** Which way a courier rides, in degrees from north. */
	heading?: number;
	chosen?: boolean;
	/** Is shown and can't be pressed, on a map whose marks can. */
	still?: boolean;
}

export interface MapProps {
	label: string;
	marks: Mark[];
	/** The way: done is faded, to come is dotted. */
	done?: GeoPoint[];
	todo?: GeoPoint[];
	zones?: GeoPoint[][];
	/** What must be seen; all marks when left out. */
	fit?: GeoPoint[];
	onPick?: (at: GeoPoint) => void;
	onMark?: (id: string) => void;
	height?: "low" | "tall" | "full";
}

const words = both({
	en: { none: "The map can't be shown in this browser. The list has everything.", in: "Closer", out: "Farther" },
	zh: { none: "此浏览器无法显示地图，列表中有全部信息。", in: "放大", out: "缩小" },
});

/** MapBox holds a map; its library is fetched when one is first shown, never before. */
export function MapBox(p: MapProps) {
	const w = words();
	const box = useRef<HTMLDivElement>(null);
	const drawn = useRef<Drawn | undefined>(undefined);
	const state = useSignal<"loading" | "there" | "none">("loading");
	useEffect(() => {
		let gone = false;
		import("./maplibre")
			.then((gl) => gl.draw(box.current as HTMLDivElement, p))
			.then(
				(d) => {
					if (gone) d.remove();
					else {
						drawn.current = d;
						state.value = "there";
						d.show(latest.current);
					}
				},
				(err: unknown) => {
					state.value = "none";
					console.warn("map", err);
				},
			);
		return () => {
			gone = true;
			drawn.current?.remove();
		};
	}, []);
	const latest = useRef(p);
	latest.current = p;
	useEffect(() => drawn.current?.show(p));
	useEffect(() => drawn.current?.dress(), [look.value, language.value]);
	return (
		<div class={`mapbox ${p.height ?? "low"}`} role="group" aria-label={p.label} data-test="map" data-state={state.value}>
			<div class="canvas" ref={box} />
			{state.value === "loading" && <Ghost />}
			{state.value === "none" && <p class="sub none">{w.none}</p>}
			{state.value === "there" && (
				<div class="zoom">
					<button type="button" aria-label={w.in} onClick={() => drawn.current?.zoom(1)}>
						+
					</button>
					<button type="button" aria-label={w.out} onClick={() => drawn.current?.zoom(-1)}>
						−
					</button>
				</div>
			)}
		</div>
	);
}

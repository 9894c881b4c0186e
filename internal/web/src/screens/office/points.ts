import type { GeoPoint } from "../../api.gen";

/** writePoints is one point a line: latitude, longitude. */
export function writePoints(points: readonly GeoPoint[]): string {
	return points.map((p) => `${p.lat}, ${p.lon}`).join("\n");
}

/** readPoints reads such lines; undefined when one is none, or there are fewer than three. */
export function readPoints(text: string): GeoPoint[] | undefined {
	const lines = text.split("\n").filter((l) => l.trim());
	const points = lines.map((l) => {
		const m = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(l);
		return m ? { lat: Number(m[1]), lon: Number(m[2]) } : undefined;
	});
	const good = points.filter((p): p is GeoPoint => p !== undefined && Math.abs(p.lat) <= 90 && Math.abs(p.lon) <= 180);
	return good.length === lines.length && good.length >= 3 ? good : undefined;
}

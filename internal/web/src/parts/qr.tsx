import { useMemo } from "preact/hooks";
import { encode } from "uqr";

/** squares is the way around the dark fields of a code, with the light border that a camera needs. */
export function squares(text: string): { size: number; path: string } {
	const { data, size } = encode(text, { ecc: "M", border: 3 });
	let path = "";
	data.forEach((row, y) => {
		for (let x = 0; x < size; x++) {
			if (!row[x]) continue;
			const from = x;
			while (x + 1 < size && row[x + 1]) x++;
			path += `M${from} ${y}h${x + 1 - from}v1H${from}z`;
		}
	});
	return { size, path };
}

/** QR shows a code for the other's camera, beside the figures that are read out. It is dark on light in both looks: cameras read nothing else for sure. */
export function QR({ text, label }: { text: string; label: string }) {
	const { size, path } = useMemo(() => squares(text), [text]);
	return (
		<svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges" data-test="qr">
			<path d={path} />
		</svg>
	);
}

/** Shape tells late from at risk from fine without colour: a square with a mark, a triangle, a disc. */
export function Shape({ level }: { level: "fine" | "risk" | "late" }) {
	return (
		<svg class={`shape ${level}`} viewBox="0 0 20 20" aria-hidden="true">
			{level === "fine" && <circle cx="10" cy="10" r="7" />}
			{level === "risk" && <path d="M10 2.5 18.6 17.5H1.4Z" stroke-linejoin="round" />}
			{level === "late" && (
				<>
					<rect x="2" y="2" width="16" height="16" rx="2.5" />
					<path class="cut" d="M10 5.5v5.6M10 14.2v.1" />
				</>
			)}
		</svg>
	);
}

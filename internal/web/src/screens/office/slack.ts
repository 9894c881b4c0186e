/** Level is how a job stands: under four minutes of slack it is at risk. */
export type Level = "fine" | "risk" | "late";

const atRisk = 4 * 60;

/** level of so many seconds of slack. */
export function level(slack: number): Level {
	if (slack < 0) return "late";
	return slack < atRisk ? "risk" : "fine";
}

/** clock is 4:05. */
export function clock(seconds: number): string {
	const s = Math.abs(Math.round(seconds));
	return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

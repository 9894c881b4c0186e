// Playing files in step: each begins at its own moment of the recording.

export interface Stretch {
	offset_ms: number;
	length_ms: number;
}

/** moments is where each file stands at a moment of the recording, in seconds; undefined outside of it. */
export function moments(files: readonly Stretch[], at: number): (number | undefined)[] {
	return files.map((f) => {
		const own = at - f.offset_ms;
		return own < 0 || own > f.length_ms ? undefined : own / 1000;
	});
}

const apart = 0.25; // seconds: less nobody notices, and setting it would be seen

/** heard brings one player to its moment. */
export function heard(v: HTMLVideoElement | null | undefined, at: number | undefined, playing: boolean): void {
	if (!v) return;
	if (at === undefined) {
		v.pause();
		return;
	}
	if (Math.abs(v.currentTime - at) > (playing ? apart : 0.05)) v.currentTime = at;
	if (playing && v.paused) void v.play().catch(() => {});
	if (!playing && !v.paused) v.pause();
}

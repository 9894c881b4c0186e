import { signal } from "@preact/signals";

// Low tones that something has come, for who does not look at the screen.

let audio: AudioContext | undefined;

/** sounding tells whether a tone would be heard: browsers allow none before somebody has pressed something. */
export const sounding = signal(false);

/** ready makes sound possible: browsers allow it after a press alone. */
export function ready(): void {
	audio ??= typeof AudioContext === "undefined" ? undefined : new AudioContext();
	void audio?.resume().then(() => (sounding.value = audio?.state === "running"), () => {});
}

/** ring sounds so many low tones, and shakes the phone where it can. Nothing is ever said by sound alone. */
export function ring(tones: number): void {
	navigator.vibrate?.(Array.from({ length: tones * 2 - 1 }, () => 160));
	if (!audio || audio.state !== "running") return;
	for (let n = 0; n < tones; n++) {
		const at = audio.currentTime + n * 0.32;
		const o = audio.createOscillator();
		const g = audio.createGain();
		o.frequency.value = n % 2 ? 587 : 440;
		g.gain.setValueAtTime(0.0001, at);
		g.gain.exponentialRampToValueAtTime(0.4, at + 0.03);
		g.gain.exponentialRampToValueAtTime(0.0001, at + 0.26);
		o.connect(g).connect(audio.destination);
		o.start(at);
		o.stop(at + 0.28);
	}
}

// Cameras, microphones, speakers and the screen: what there is, and what is used of it.

export interface Devices {
	cameras: MediaDeviceInfo[];
	microphones: MediaDeviceInfo[];
	speakers: MediaDeviceInfo[];
}

/** Choice is what somebody chose of their devices, by id; what they never chose is left to the browser. */
export interface Choice {
	camera?: string;
	microphone?: string;
	speaker?: string;
}

const choiceKey = "call devices";

/** chosen is what was chosen in this browser: a reload and the next call use it again. */
export function chosen(): Choice {
	try {
		return (JSON.parse(localStorage.getItem(choiceKey) ?? "null") as Choice | null) ?? {};
	} catch {
		return {};
	}
}

/** choose keeps a choice beside those made before. */
export function choose(more: Choice): void {
	try {
		localStorage.setItem(choiceKey, JSON.stringify({ ...chosen(), ...more }));
	} catch {
		// a browser that keeps nothing: until the page is left
	}
}

/** Trouble says why there is no camera or microphone; screens have words for each. */
export type Trouble = "denied" | "none" | "busy" | "insecure" | "unknown";

export function troubleOf(err: unknown): Trouble {
	const name = err instanceof DOMException ? err.name : "";
	if (name === "NotAllowedError" || name === "SecurityError") return "denied";
	if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
	if (name === "NotReadableError" || name === "AbortError") return "busy";
	return navigator.mediaDevices ? "unknown" : "insecure";
}

/** devices lists what can be chosen; names are empty until somebody has allowed one of them. */
export async function devices(): Promise<Devices> {
	const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
	const of = (kind: MediaDeviceKind) => all.filter((d) => d.kind === kind && d.deviceId !== "");
	return { cameras: of("videoinput"), microphones: of("audioinput"), speakers: of("audiooutput") };
}

/** camera opens a camera: the one named, or else any. */
export async function camera(id?: string): Promise<MediaStreamTrack> {
	const size = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30, max: 30 } };
	return open(id, (device) => ({ video: device ? { ...size, deviceId: { exact: device } } : { ...size, facingMode: "user" } }));
}

/** microphone opens a microphone: the one named, or else any. */
export async function microphone(id?: string): Promise<MediaStreamTrack> {
	const clean = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
	return open(id, (device) => ({ audio: device ? { ...clean, deviceId: { exact: device } } : clean }));
}

async function open(id: string | undefined, wish: (device?: string) => MediaStreamConstraints): Promise<MediaStreamTrack> {
	if (!navigator.mediaDevices) throw new DOMException("no media devices on an insecure page", "InvalidStateError");
	let stream: MediaStream;
	try {
		stream = await navigator.mediaDevices.getUserMedia(wish(id));
	} catch (err) {
		if (!id || troubleOf(err) !== "none") throw err;
		stream = await navigator.mediaDevices.getUserMedia(wish()); // the one that was chosen is unplugged
	}
	const track = stream.getTracks()[0];
	if (!track) throw new DOMException("no track", "NotFoundError");
	return track;
}

/** screen asks which screen or window to show. */
export async function screen(): Promise<MediaStreamTrack> {
	const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 10, max: 15 } }, audio: false });
	const track = stream.getVideoTracks()[0];
	if (!track) throw new DOMException("no track", "NotFoundError");
	track.contentHint = "detail";
	return track;
}

/** canSpeak tells whether the browser lets one choose a speaker; many on phones don't. */
export function canSpeak(): boolean {
	return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
}

/** speak lets an element sound through the chosen speaker ("" is the device's own). It answers false where it can't. */
export async function speak(element: HTMLMediaElement, speaker: string): Promise<boolean> {
	if (!canSpeak()) return speaker === "";
	try {
		await element.setSinkId(speaker);
		return true;
	} catch {
		return false; // it is not there, or may not be used
	}
}

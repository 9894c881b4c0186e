// The device check: a loopback room that sends one's own picture and sound back through the server.

import { Call, type Options } from "./call";
import type { Trouble } from "./devices";
import type { Check, Verdict } from "./protocol";

/** Finding is what the check found; screens have words for each. */
export interface Finding {
	verdict: Verdict | "no_connection";
	camera: Trouble | "ok";
	microphone: Trouble | "ok";
	/** The microphone gives sound that is more than noise. */
	heard: boolean;
	/** One's own picture came back and moved. */
	seen: boolean;
	upKbps: number;
	rttMs: number;
}

const longest = 25_000;

/** Examined is a running check: the call shows what comes back, done says what was found. */
export interface Examined {
	call: Call;
	done: Promise<Finding>;
}

/** examine joins the loopback room and looks for ten seconds of media, 25 s in all at the most. */
export function examine(options: Options): Examined {
	const call = new Call({ ...options, others: 1 });
	return { call, done: run(call).finally(() => call.leave()) };
}

async function run(call: Call): Promise<Finding> {
	const begun = performance.now();
	await call.join();
	let good = 0;
	let loudest = 0;
	let frames = 0;
	while (performance.now() - begun < longest && call.state.phase !== "over") {
		await new Promise((r) => setTimeout(r, 500));
		const stats = await levels(call);
		loudest = Math.max(loudest, stats.loudest);
		frames = Math.max(frames, stats.frames);
		if (call.state.phase === "here") good++;
		const settled = call.state.check !== null && good >= 10;
		if (settled && (good >= 20 || call.state.check?.verdict === "good")) break;
	}
	return found(call, call.state.check, loudest, frames);
}

function found(call: Call, check: Check | null, loudest: number, frames: number): Finding {
	const { trouble } = call.state;
	return {
		verdict: check?.verdict ?? "no_connection",
		camera: trouble.picture ?? "ok", microphone: trouble.sound ?? "ok",
		heard: loudest > 0.01, seen: frames > 10,
		upKbps: check?.up_kbps ?? 0, rttMs: check?.rtt_ms ?? 0,
	};
}

/** levels reads how loud the own sound came back, and how many pictures. */
async function levels(call: Call): Promise<{ loudest: number; frames: number }> {
	const pc = call.connection;
	const out = { loudest: 0, frames: 0 };
	if (!pc) return out;
	for (const s of (await pc.getStats()).values()) {
		if (s.type === "media-source" && s.kind === "audio") out.loudest = Math.max(out.loudest, s.audioLevel ?? 0);
		if (s.type === "inbound-rtp" && s.kind === "video") out.frames = Math.max(out.frames, s.framesDecoded ?? 0);
	}
	return out;
}

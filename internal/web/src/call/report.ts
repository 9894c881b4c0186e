// What a client tells the server every two seconds of what it sees.

import type { Peer } from "./peer";

export interface SlotReport {
	slot: number;
	freezes: number;
	freeze_ms: number;
	frames: number;
	width: number;
}

export interface Report {
	slots: SlotReport[];
	rtt_ms: number;
	relayed: boolean;
}

interface Seen {
	freezes: number;
	frozen: number;
	frames: number;
}

/** Reporter counts between two reports. */
export class Reporter {
	private before = new Map<number, Seen>();

	async report(peer: Peer): Promise<Report> {
		const stats = await peer.pc.getStats();
		const all = [...stats.values()] as Record<string, unknown>[];
		const out: Report = { slots: [], rtt_ms: 0, relayed: false };
		for (const [i, slot] of peer.slots.entries()) {
			const id = slot.stream.getVideoTracks()[0]?.id;
			const s = all.find((x) => x.type === "inbound-rtp" && x.kind === "video" && x.trackIdentifier === id);
			if (s) out.slots.push(this.since(i + 1, s));
		}
		const transport = all.find((x) => x.type === "transport");
		const pair = all.find((x) => x.id === transport?.selectedCandidatePairId);
		out.rtt_ms = Math.round(number(pair?.currentRoundTripTime) * 1000);
		out.relayed = all.find((x) => x.id === pair?.localCandidateId)?.candidateType === "relay";
		return out;
	}

	private since(slot: number, s: Record<string, unknown>): SlotReport {
		const now: Seen = { freezes: number(s.freezeCount), frozen: number(s.totalFreezesDuration), frames: number(s.framesDecoded) };
		const was = this.before.get(slot) ?? { freezes: 0, frozen: 0, frames: 0 };
		this.before.set(slot, now);
		const more = (a: number, b: number) => Math.max(0, a - b); // a new connection counts from nothing
		return {
			slot,
			freezes: more(now.freezes, was.freezes),
			freeze_ms: Math.round(more(now.frozen, was.frozen) * 1000),
			frames: more(now.frames, was.frames),
			width: number(s.frameWidth),
		};
	}
}

function number(x: unknown): number {
	return typeof x === "number" && Number.isFinite(x) ? x : 0;
}

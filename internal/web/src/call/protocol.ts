// What client and server tell each other; signaling/protocol.md says what each means.

export type Level = "video" | "low" | "audio" | "chat";

export interface Seat {
	seat: string;
	role: string;
	state: "here" | "away" | "left";
	slot: number;
	/** Their sound and picture are on. */
	sound: boolean;
	picture: boolean;
	sharing: boolean;
	hand: boolean;
	level: Level;
	/** 0 to 5; 0: not known yet. */
	quality: number;
	upto: number;
}

export interface Entry {
	n: number;
	id: string;
	from: string;
	text?: string;
	file?: { name: string; size: number; type: string; ref: string };
	at: string;
}

export interface Recording {
	state: "off" | "asked" | "on";
	by?: string;
	consents?: string[];
}

export interface Relay {
	urls: string[];
	username: string;
	credential: string;
	expires: string;
}

export interface Muted {
	sound: boolean;
	picture: boolean;
}

export interface Joined {
	t: "joined";
	n: number;
	session: string;
	room: string;
	seat: string;
	role: string;
	rights: string[];
	answer: string;
	offer_id: number;
	seats: Seat[];
	muted: Muted;
	chat: Entry[];
	missed?: Numbered[];
	resumed: boolean;
	/** Of the own seat; later changes of the quality come as a `seat` of one's own. */
	hand: boolean;
	quality: number;
	recording: Recording;
	relay?: Relay;
	report_ms: number;
	now: string;
}

export type Verdict = "good" | "slow" | "lossy" | "no_media" | "far";

export interface Check {
	t: "check";
	n: number;
	up_kbps: number;
	loss: number;
	rtt_ms: number;
	verdict: Verdict;
}

export type Numbered =
	| { t: "seat"; n: number; seat: Seat }
	| { t: "muted"; n: number; sound: boolean; picture: boolean }
	| { t: "chat"; n: number; entry: Entry }
	| { t: "caption"; n: number; from: string; text: string; final: boolean; lang: string }
	| { t: "level"; n: number; slot: number; level: Level; why: "network" | "wanted" | "muted" }
	| { t: "recording"; n: number; recording: Recording }
	| { t: "relay"; n: number; relay: Relay }
	| { t: "error"; n: number; re: string; reason: string; text: string }
	| Check;

export type FromServer =
	| Joined
	| Numbered
	| { t: "answer"; id: number; sdp: string }
	| { t: "layers"; low: boolean }
	| { t: "pong"; id: number }
	| { t: "bye"; reason: Reason; text: string; node?: string };

export type Reason =
	| "left" | "ended" | "taken_over" | "ticket_expired" | "ticket_refused" | "room_full" | "wrong_node" | "moved"
	| "late" | "too_large" | "malformed" | "flood" | "session_gone" | "slow" | "version" | "draining";

/** What is done after an end: nothing more, the same again, a new ticket first, or another node. */
export type Next = "stop" | "again" | "ticket" | "node" | "pause";

const nexts: Record<Reason, Next> = {
	left: "stop", ended: "stop", taken_over: "stop", ticket_expired: "ticket", ticket_refused: "stop", room_full: "stop",
	wrong_node: "node", moved: "node", late: "again", too_large: "stop", malformed: "stop", flood: "pause",
	session_gone: "ticket", slow: "again", version: "stop", draining: "node",
};

/** next says what follows a reason; one that is newer than this client is tried again. */
export function next(reason: string): Next {
	return nexts[reason as Reason] ?? "again";
}

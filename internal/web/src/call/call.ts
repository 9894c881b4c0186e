// A call: joins a room by ticket, stays in it through reloads, lost networks and changed devices, and
// tells whoever draws it what is so now. Nothing is drawn here.

import { camera, choose, chosen, microphone, screen, troubleOf, type Trouble } from "./devices";
import { Peer, type Own, type Slot } from "./peer";
import { next, type Check, type Entry, type FromServer, type Joined, type Level, type Muted, type Numbered, type Recording, type Relay, type Seat } from "./protocol";
import { Reporter } from "./report";
import { Wire } from "./wire";

/** Admission is what a ticket's answer says: where to go, and how to get there. */
export interface Admission {
	token: string;
	/** Address of the websocket. */
	url: string;
	relay?: Relay | undefined;
}

export interface Options {
	/** Gets a ticket, at the beginning and whenever a new one is needed. */
	ticket(): Promise<Admission>;
	/** Names the call, so that a reload finds its place again; the id of the visit or the order. */
	key: string;
	/** A room without pictures. */
	sound?: boolean;
	/** How many others there may be; 3 when left out. */
	others?: number;
	/** Begin muted. */
	muted?: Partial<Muted>;
	/** Only through the relay, for trying it. */
	relayOnly?: boolean;
}

/** Phase is where somebody stands: joining, in the call, looking for the way back, or out of it. */
export type Phase = "joining" | "here" | "away" | "over";

export interface State {
	phase: Phase;
	/** Why it is over, as the server says or "no_ticket". */
	reason: string;
	seat: string;
	role: string;
	rights: readonly string[];
	seats: readonly Seat[];
	muted: Muted;
	sharing: boolean;
	hand: boolean;
	/** How well the others reach one: 4 is good, 1 hardly usable. */
	quality: number;
	/** What arrives in each slot, where it is less than everything. */
	levels: ReadonlyMap<number, { level: Level; why: string }>;
	chat: readonly Entry[];
	caption: { from: string; text: string; final: boolean; lang: string } | null;
	recording: Recording;
	/** Why there is no own sound or picture. */
	trouble: { sound?: Trouble; picture?: Trouble };
	/** The relay did not take the credential: a new ticket is being fetched. */
	relayRefused: boolean;
	/** What the server refused last. */
	refused: { re: string; reason: string; text: string } | null;
	check: Check | null;
	/** How often the way was found back. */
	returns: number;
}

const patience = 3000; // no answer, or no media: try the next way
const legible = 8000; // how long a caption stays that nothing follows
const pauses = [0, 250, 500, 1000, 2000];

export class Call {
	state: State;
	/** Own tracks; null where there is none. */
	readonly own: Own = { sound: null, picture: null, screen: null };
	private readonly hear = new Set<() => void>();
	private peer: Peer | null = null;
	private wire: Wire | null = null;
	private reporter = new Reporter();
	private admission: Admission | null = null;
	private session = "";
	private seen = 0;
	private offers = 0;
	private tries = 0;
	private waiting: number | undefined;
	private reports: number | undefined;
	private fading: number | undefined;
	private readonly cleanup: (() => void)[] = [];

	constructor(private readonly options: Options) {
		this.state = {
			phase: "joining", reason: "", seat: "", role: "", rights: [], seats: [],
			muted: { sound: options.muted?.sound === true, picture: options.sound === true || options.muted?.picture === true },
			sharing: false, hand: false, quality: 4, levels: new Map(), chat: [], caption: null, recording: { state: "off" },
			trouble: {}, relayRefused: false, refused: null, check: null, returns: 0,
		};
	}

	/** Slots are where the others are seen and heard, slot 1 first; new streams after a new connection. */
	get slots(): readonly Slot[] {
		return this.peer?.slots ?? [];
	}

	/** The connection of now, for who measures it. */
	get connection(): RTCPeerConnection | null {
		return this.peer?.pc ?? null;
	}

	/** The screen that somebody shows. */
	get screen(): MediaStream | null {
		return this.peer?.screen ?? null;
	}

	/** subscribe calls back after every change; the answer ends it. */
	subscribe(f: () => void): () => void {
		this.hear.add(f);
		return () => this.hear.delete(f);
	}

	/** join opens devices, as far as there are any, and takes the seat. */
	async join(): Promise<void> {
		const kept = recall(this.options.key);
		if (kept) {
			this.session = kept.session;
			this.admission = { token: "", url: kept.url, relay: kept.relay };
			if (!this.options.muted) this.state.muted = kept.muted;
		}
		await this.open();
		this.watch();
		await this.dial(false);
	}

	/** leave gives the seat up for good. */
	leave(): void {
		this.wire?.send({ t: "leave" });
		this.finish("left");
	}

	/** endForAll ends the call, for whoever may. */
	endForAll(): void {
		this.wire?.send({ t: "end" });
	}

	/** stop lets go of everything without leaving the seat: the page is going away. */
	stop(): void {
		window.clearTimeout(this.waiting);
		window.clearInterval(this.reports);
		window.clearTimeout(this.fading);
		for (const f of this.cleanup.splice(0)) f();
		this.wire?.close();
		this.peer?.close();
		for (const track of [this.own.sound, this.own.picture, this.own.screen]) track?.stop();
	}

	// ---- what somebody does

	async mute(what: keyof Muted, on: boolean): Promise<void> {
		this.change({ muted: { ...this.state.muted, [what]: on } });
		this.keep();
		this.wire?.send({ t: "mute", ...this.state.muted });
		if (what === "sound") {
			if (this.own.sound) this.own.sound.enabled = !on;
			else if (!on) await this.useMicrophone();
		} else if (on) {
			await this.put("picture", null); // the camera's light goes out
		} else {
			await this.useCamera();
		}
	}

	/** useCamera sends another camera, which is kept as the one chosen, or the one that was chosen before. */
	async useCamera(id?: string): Promise<void> {
		if (id) choose({ camera: id });
		await this.use("picture", () => camera(chosen().camera));
	}

	async useMicrophone(id?: string): Promise<void> {
		if (id) choose({ microphone: id });
		await this.use("sound", () => microphone(chosen().microphone));
		if (this.own.sound) this.own.sound.enabled = !this.state.muted.sound;
	}

	/** share shows a screen, or ends that. It answers false when nothing was chosen. */
	async share(on: boolean): Promise<boolean> {
		let track: MediaStreamTrack | null = null;
		if (on) {
			try {
				track = await screen();
			} catch {
				return false;
			}
			track.onended = () => void this.share(false); // by the browser's own button
		}
		await this.put("screen", track);
		this.wire?.send({ t: "share", on });
		this.change({ sharing: on });
		return true;
	}

	/** say writes to all; it is sent again by itself when the connection was lost in between. */
	say(text: string): void {
		this.post({ t: "chat", id: crypto.randomUUID(), text });
	}

	offerFile(file: { name: string; size: number; type: string; ref: string }): void {
		this.post({ t: "file", id: crypto.randomUUID(), ...file });
	}

	read(upto: number): void {
		this.wire?.send({ t: "seen", upto });
	}

	raiseHand(up: boolean): void {
		this.wire?.send({ t: "hand", up });
		this.change({ hand: up });
	}

	captionOwn(text: string, final: boolean, lang: string): void {
		this.wire?.send({ t: "caption", text, final, lang });
	}

	want(level: Level): void {
		this.wire?.send({ t: "want", level });
	}

	record(on: boolean): void {
		this.wire?.send({ t: "record", on });
	}

	consent(on: boolean): void {
		this.wire?.send({ t: "consent", on });
	}

	// ---- own media

	private async open(): Promise<void> {
		await Promise.all([this.useMicrophone(), this.state.muted.picture ? null : this.useCamera()]);
	}

	private async use(what: "sound" | "picture", get: () => Promise<MediaStreamTrack>): Promise<void> {
		try {
			const track = await get();
			const { [what]: _, ...trouble } = this.state.trouble;
			this.change({ trouble });
			track.onended = () => void this.use(what, get); // unplugged: another one
			await this.put(what, track);
		} catch (err) {
			this.change({ trouble: { ...this.state.trouble, [what]: troubleOf(err) } });
		}
	}

	private async put(what: keyof Own, track: MediaStreamTrack | null): Promise<void> {
		const was = this.own[what];
		this.own[what] = track;
		await this.peer?.send(what, track);
		if (was && was !== track) {
			was.onended = null;
			was.stop();
		}
		this.change({});
	}

	// ---- the way to the server

	/** dial takes the seat, or takes it back: with a restart on the same connection, or with a new one. */
	private async dial(restart: boolean): Promise<void> {
		if (this.state.phase === "over") return;
		window.clearTimeout(this.waiting);
		this.wire?.close();
		this.wire = null;
		const admission = this.admission ?? (await this.admit());
		if (!admission) return;
		const peer = restart && this.peer ? this.peer : this.renewPeer(admission.relay);
		this.waiting = window.setTimeout(() => this.retry(false), patience);
		let offer: string;
		try {
			offer = await peer.offer(restart);
		} catch {
			return this.retry(false);
		}
		if (peer !== this.peer) return; // overtaken
		const wire: Wire = new Wire(admission.url, {
			message: (m) => this.wire === wire && this.take(m),
			lost: () => this.wire === wire && this.lost(),
		}, () => {
			const { token } = admission;
			wire.send({ t: "join", v: 1, ticket: token, offer, muted: this.state.muted, session: this.session, seen: restart ? this.seen : 0 });
		});
		this.wire = wire;
	}

	private async admit(): Promise<Admission | null> {
		try {
			this.admission = await this.options.ticket();
			return this.admission;
		} catch (err) {
			if (this.refusedForGood(err)) this.finish("no_ticket");
			else this.retry(false);
			return null;
		}
	}

	/** refusedForGood: the server said no, and did not just not answer. */
	private refusedForGood(err: unknown): boolean {
		const status = (err as { status?: number } | null)?.status ?? 0;
		return status >= 400 && status < 500 && status !== 429;
	}

	private renewPeer(relay?: Relay): Peer {
		this.peer?.close();
		const { sound = false, others = 3, relayOnly } = this.options;
		const peer = new Peer({ own: this.own, sound, others, relay, relayOnly });
		peer.pc.onconnectionstatechange = () => this.peer === peer && this.moved();
		peer.pc.onicecandidateerror = (e) => this.peer === peer && this.relayRefused(e);
		this.peer = peer;
		this.reporter = new Reporter();
		return peer;
	}

	/** relayRefused: an expired credential is said, and a new one fetched with a new ticket. */
	private relayRefused(e: Event): void {
		const { url = "", errorCode = 0 } = e as RTCPeerConnectionIceErrorEvent;
		if (!url.startsWith("turn") || errorCode < 400 || errorCode > 499 || this.peer?.connected || this.state.relayRefused) return;
		this.change({ relayRefused: true });
		this.admission = null;
		this.retry(false);
	}

	/** moved: media came, or was lost. */
	private moved(): void {
		const at = this.peer?.pc.connectionState;
		if (at === "connected") {
			window.clearTimeout(this.waiting);
			this.tries = 0;
			this.change({ phase: "here", relayRefused: false });
		} else if (at === "disconnected" || at === "failed") {
			this.change({ phase: "away" });
			if (this.wire?.open) void this.restart();
		}
	}

	/** restart looks for a new way while the websocket still lives. */
	private async restart(): Promise<void> {
		const peer = this.peer;
		if (!peer) return;
		window.clearTimeout(this.waiting);
		this.waiting = window.setTimeout(() => this.retry(false), patience);
		try {
			const sdp = await peer.offer(true);
			if (peer === this.peer) this.wire?.send({ t: "offer", id: ++this.offers, sdp });
		} catch {
			this.retry(false);
		}
	}

	private lost(): void {
		if (this.state.phase === "over") return;
		this.change({ phase: this.session ? "away" : "joining" });
		this.retry(this.session !== "" && this.peer?.pc.connectionState !== "failed");
	}

	private retry(restart: boolean): void {
		if (this.state.phase === "over") return;
		window.clearTimeout(this.waiting);
		const pause = pauses[Math.min(this.tries++, pauses.length - 1)] ?? 2000;
		this.waiting = window.setTimeout(() => void this.dial(restart), pause);
	}

	private watch(): void {
		const look = () => {
			if (document.visibilityState === "visible") this.wire?.beat();
		};
		const online = () => {
			if (this.wire?.open) this.wire.beat();
			else if (this.state.phase !== "over") {
				this.tries = 0;
				this.retry(this.session !== "");
			}
		};
		document.addEventListener("visibilitychange", look);
		window.addEventListener("online", online);
		this.cleanup.push(() => document.removeEventListener("visibilitychange", look), () => window.removeEventListener("online", online));
	}

	// ---- what the server says

	private take(m: FromServer): void {
		switch (m.t) {
			case "joined":
				return void this.joined(m);
			case "answer":
				if (m.id === this.offers) void this.answered(m.sdp);
				return;
			case "layers":
				return void this.peer?.low(m.low);
			case "bye":
				return this.bye(m.reason, m.node);
			case "pong":
				return;
			default:
				if (typeof m.n !== "number") return; // newer than this client
				this.seen = m.n;
				this.happened(m);
		}
	}

	private async joined(m: Joined): Promise<void> {
		const again = this.state.seat !== "";
		if (!m.resumed || m.session !== this.session || !m.missed) this.state.levels = new Map();
		this.session = m.session;
		this.seen = m.n;
		if (m.relay && this.admission) {
			this.admission = { ...this.admission, relay: m.relay };
			this.peer?.renew(m.relay);
		}
		const me = m.muted;
		this.change({
			seat: m.seat, role: m.role, rights: m.rights, seats: m.seats, chat: m.chat, recording: m.recording, muted: me, hand: m.hand, quality: m.quality,
			phase: this.peer?.connected ? "here" : this.state.phase, returns: this.state.returns + (again ? 1 : 0),
		});
		for (const missed of m.missed ?? []) this.happened(missed);
		this.keep();
		void this.follow(me);
		window.clearInterval(this.reports);
		this.reports = window.setInterval(() => void this.report(), Math.max(500, m.report_ms || 2000));
		for (const message of this.unsent.values()) this.wire?.send(message);
		if (this.state.sharing) this.wire?.send({ t: "share", on: true });
		await this.answered(m.answer);
	}

	/** follow makes the devices as the server keeps the seat: who was muted comes back muted. */
	private async follow(muted: Muted): Promise<void> {
		if (this.own.sound) this.own.sound.enabled = !muted.sound;
		if (muted.picture && this.own.picture) await this.put("picture", null);
		if (!muted.picture && !this.own.picture && !this.options.sound && !this.state.trouble.picture) await this.useCamera();
	}

	private async answered(sdp: string): Promise<void> {
		try {
			await this.peer?.answer(sdp);
		} catch {
			return this.retry(false);
		}
		if (!this.peer?.connected) return; // the clock runs until media is there
		window.clearTimeout(this.waiting);
		this.waiting = window.setTimeout(() => {
			if (!this.peer?.connected) this.retry(false);
		}, patience);
		this.tries = 0;
		this.change({ phase: "here" });
	}

	private happened(m: Numbered): void {
		switch (m.t) {
			case "seat":
				return this.change({ seats: placed(this.state.seats, m.seat), ...(m.seat.seat === this.state.seat ? { sharing: m.seat.sharing, hand: m.seat.hand, quality: m.seat.quality } : {}) });
			case "muted":
				this.change({ muted: { sound: m.sound, picture: m.picture } });
				return void this.follow(this.state.muted);
			case "chat":
				this.unsent.delete(m.entry.id);
				return this.change({ chat: [...this.state.chat.filter((e) => e.n !== m.entry.n), m.entry].sort((a, b) => a.n - b.n) });
			case "caption":
				window.clearTimeout(this.fading);
				this.fading = window.setTimeout(() => this.change({ caption: null }), legible);
				return this.change({ caption: { from: m.from, text: m.text, final: m.final, lang: m.lang } });
			case "level":
				return this.change({ levels: new Map(this.state.levels).set(m.slot, { level: m.level, why: m.why }) });
			case "recording":
				return this.change({ recording: m.recording });
			case "relay":
				if (this.admission) this.admission = { ...this.admission, relay: m.relay };
				this.peer?.renew(m.relay);
				return this.keep();
			case "error":
				return this.change({ refused: { re: m.re, reason: m.reason, text: m.text } });
			case "check":
				return this.change({ check: m });
		}
	}

	private bye(reason: string, node?: string): void {
		this.wire?.close();
		this.wire = null;
		switch (next(reason)) {
			case "stop":
				return this.finish(reason);
			case "node":
				if (node && this.admission) this.admission = { ...this.admission, url: moved(this.admission.url, node) };
				else this.admission = null;
				break;
			case "ticket":
				this.session = "";
				this.admission = null;
				forget(this.options.key);
				break;
			case "pause":
				this.waiting = window.setTimeout(() => void this.dial(false), 10_000);
				return;
			case "again":
		}
		this.retry(false);
	}

	private finish(reason: string): void {
		if (this.state.phase === "over") return;
		forget(this.options.key);
		this.change({ phase: "over", reason });
		window.setTimeout(() => this.stop(), 50); // what was sent last leaves first
	}

	// ---- the rest

	private readonly unsent = new Map<string, { t: string; id: string } & Record<string, unknown>>();

	private post(m: { t: string; id: string } & Record<string, unknown>): void {
		this.unsent.set(m.id, m);
		this.wire?.send(m);
	}

	private async report(): Promise<void> {
		if (!this.peer?.connected || !this.wire?.open) return;
		const r = await this.reporter.report(this.peer);
		this.wire?.send({ t: "report", ...r });
	}

	private keep(): void {
		const { url = "", relay } = this.admission ?? {};
		if (this.session && url) remember(this.options.key, { session: this.session, url, muted: this.state.muted, ...(relay ? { relay } : {}) });
	}

	private change(part: Partial<State>): void {
		this.state = { ...this.state, ...part };
		for (const f of [...this.hear]) f();
	}
}

function placed(seats: readonly Seat[], seat: Seat): Seat[] {
	const rest = seats.filter((s) => s.seat !== seat.seat);
	return seat.state === "left" ? rest : [...rest, seat].sort((a, b) => a.slot - b.slot);
}

/** moved is the same address at another node. */
function moved(url: string, node: string): string {
	return new URL(new URL(url, location.href).pathname, node).href;
}

interface Kept {
	session: string;
	url: string;
	muted: Muted;
	relay?: Relay;
}

// The place in a call is kept for this tab alone, and for as long as a session lives.

function remember(key: string, kept: Kept): void {
	try {
		sessionStorage.setItem(`call ${key}`, JSON.stringify(kept));
	} catch {
		// no room, or no storage: a reload takes a new ticket
	}
}

function recall(key: string): Kept | null {
	try {
		return JSON.parse(sessionStorage.getItem(`call ${key}`) ?? "null") as Kept | null;
	} catch {
		return null;
	}
}

function forget(key: string): void {
	try {
		sessionStorage.removeItem(`call ${key}`);
	} catch {
		// as above
	}
}

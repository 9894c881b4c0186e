import { online } from "./call";

/** Happened is one event of the live feed. */
export interface Happened {
	id: string;
	kind: string;
	doc: string;
	at: string;
	data?: Record<string, string>;
}

type Listener = (e: Happened | "reset") => void;

/** What a feed stands on; tests give their own. */
export interface Source {
	onopen: (() => void) | null;
	onerror: (() => void) | null;
	onmessage: ((m: { data: string; lastEventId: string }) => void) | null;
	addEventListener(kind: string, listener: (m: { lastEventId: string }) => void): void;
	close(): void;
}

/**
 * Feed follows what happens to who is signed in. The browser sends Last-Event-ID by itself while it
 * reconnects; when it has given up (a 4xx, a closed laptop) the feed opens a new source from the last
 * place. After any break of which the place is not known everybody loads again.
 */
export class Feed {
	private source: Source | undefined;
	private last = "";
	private listeners = new Set<Listener>();
	private waiting: ReturnType<typeof setTimeout> | undefined;
	private wait = 1000;

	constructor(
		private readonly open: (url: string) => Source = (url) => new EventSource(url) as unknown as Source,
		private readonly ended: () => void = () => {},
		private readonly path = "/feed",
	) {}

	/** start follows; again is harmless. */
	start(): void {
		if (this.source) return;
		clearTimeout(this.waiting);
		const s = this.open(`/api/v1${this.path}${this.last ? `?after=${this.last}` : ""}`);
		this.source = s;
		s.onopen = () => {
			online.value = true;
			this.wait = 1000;
		};
		s.onmessage = (m) => {
			this.last = m.lastEventId || this.last;
			this.tell(JSON.parse(m.data) as Happened);
		};
		s.addEventListener("reset", (m) => {
			this.last = m.lastEventId || this.last;
			this.tell("reset");
		});
		s.addEventListener("ended", () => {
			this.stop();
			this.ended();
		});
		s.onerror = () => this.again(s);
	}

	private again(s: Source): void {
		if (this.source !== s) return;
		this.stop();
		this.waiting = setTimeout(() => this.start(), this.wait);
		this.wait = Math.min(30_000, this.wait * 2);
	}

	stop(): void {
		this.source?.close();
		this.source = undefined;
		clearTimeout(this.waiting);
	}

	/** hear calls the listener for each event, until the answered function is called. */
	hear(listener: Listener): () => void {
		this.listeners.add(listener);
		return () => void this.listeners.delete(listener);
	}

	private tell(e: Happened | "reset"): void {
		for (const l of [...this.listeners]) l(e);
	}

	/** nudge tells everybody to load again: the page was hidden, or the network was away. */
	nudge(): void {
		this.start();
		this.tell("reset");
	}
}

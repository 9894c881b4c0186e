// The websocket of a call: numbered messages, pings that find out when it is dead.

import type { FromServer } from "./protocol";

export interface WireEvents {
	message(m: FromServer): void;
	/** Lost without a word of the server, or after its bye, which came as a message before. */
	lost(): void;
}

const pingEvery = 1000;
const deadAfter = 3000;

/** Wire is one websocket. It is not used again once lost. */
export class Wire {
	private readonly ws: WebSocket;
	private timer: number | undefined;
	private heard = performance.now();
	private pings = 0;
	private over = false;

	constructor(url: string, private readonly on: WireEvents, opened: () => void) {
		this.ws = new WebSocket(socketAddress(url));
		this.ws.onopen = () => {
			this.heard = performance.now();
			this.timer = window.setInterval(() => this.beat(), pingEvery);
			opened();
		};
		this.ws.onmessage = (e: MessageEvent) => this.hear(e.data);
		this.ws.onclose = () => this.lose();
		this.ws.onerror = () => this.lose();
	}

	get open(): boolean {
		return !this.over && this.ws.readyState === WebSocket.OPEN;
	}

	/** send answers whether the message left. */
	send(m: { t: string } & Record<string, unknown>): boolean {
		if (!this.open) return false;
		this.ws.send(JSON.stringify(m));
		return true;
	}

	/** beat asks for a sign of life, at once when something has changed outside. */
	beat(): void {
		if (performance.now() - this.heard > deadAfter) {
			this.lose();
			return;
		}
		this.send({ t: "ping", id: ++this.pings });
	}

	close(): void {
		this.over = true;
		window.clearInterval(this.timer);
		this.ws.onopen = this.ws.onmessage = this.ws.onclose = this.ws.onerror = null;
		this.ws.close();
	}

	private hear(data: unknown): void {
		this.heard = performance.now();
		if (typeof data !== "string") return;
		let m: FromServer;
		try {
			m = JSON.parse(data) as FromServer;
		} catch {
			return; // a server that can't be read is as good as silent
		}
		if (m && typeof m.t === "string" && m.t !== "pong") this.on.message(m);
	}

	private lose(): void {
		if (this.over) return;
		this.close();
		this.on.lost();
	}
}

/** socketAddress is where a ticket leads: a path is of this page's own host, and http means ws. */
export function socketAddress(url: string): string {
	const at = new URL(url, location.href);
	at.protocol = at.protocol === "https:" || at.protocol === "wss:" ? "wss:" : "ws:";
	return at.href;
}

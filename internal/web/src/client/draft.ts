import { signal } from "@preact/signals";

import type { IntakeView, SaveIntakeInBody } from "../api.gen";
import type { Versioned } from "./call";
import { type Keep, keep } from "./keep";
import { Failure } from "./problem";

/** What a draft asks of the server. */
export interface Saving {
	read(): Promise<Versioned<IntakeView>>;
	save(tag: string, change: SaveIntakeInBody): Promise<Versioned<IntakeView>>;
}

export interface Written {
	view: IntakeView | undefined;
	/** What was typed and is not yet on the server. */
	pending: SaveIntakeInBody;
	/** When the last of it arrived there; 0: nothing was saved in this page. */
	savedAt: number;
	/** It is on this device alone, until the network is back. */
	here: boolean;
	problem: unknown;
}

/** join puts a change over another; the maps are joined entry by entry, as the server does. */
export function join(a: SaveIntakeInBody, b: SaveIntakeInBody): SaveIntakeInBody {
	const out = { ...a, ...b };
	if (a.answers && b.answers) out.answers = { ...a.answers, ...b.answers };
	if (a.symptoms && b.symptoms) out.symptoms = { ...a.symptoms, ...b.symptoms };
	if (a.health && b.health) out.health = { ...a.health, ...b.health };
	return out;
}

/**
 * Draft is an intake that is saved as it is typed: first on the device, a moment later on the server.
 * Nothing typed is lost by a reload, a lost network, an ended session, or by somebody else who typed
 * at the same time: what they changed is read, and what was typed here is put over it.
 */
export class Draft {
	readonly state = signal<Written>({ view: undefined, pending: {}, savedAt: 0, here: false, problem: undefined });
	private tag = "";
	private running: Promise<void> | undefined;
	private soon: ReturnType<typeof setTimeout> | undefined;

	constructor(
		readonly id: string,
		private readonly io: Saving,
		private readonly store: Keep = keep,
		private readonly after = 500,
		private readonly now: () => number = Date.now,
	) {}

	/** open reads what stands on the server and what was typed here before. */
	async open(): Promise<void> {
		const pending = (await this.store.read<SaveIntakeInBody>("draft", this.id)) ?? {};
		this.set({ pending: join(pending, this.state.value.pending) });
		try {
			this.take(await this.io.read());
		} catch (problem) {
			this.set({ problem });
			return;
		}
		await this.flush();
	}

	private set(more: Partial<Written>): void {
		this.state.value = { ...this.state.value, ...more };
	}

	private take(v: Versioned<IntakeView>): void {
		this.tag = v.tag || this.tag;
		this.set({ view: v.body, problem: undefined });
	}

	/** put takes up a newer state that another call answered. */
	put(view: IntakeView, tag: string): void {
		this.take({ body: view, tag });
	}

	/** type keeps a change here at once and sends it a moment later. */
	type(change: SaveIntakeInBody): void {
		this.set({ pending: join(this.state.value.pending, change) });
		void this.store.write("draft", this.id, this.state.value.pending);
		clearTimeout(this.soon);
		this.soon = setTimeout(() => void this.flush(), this.after);
	}

	/** flush sends what was typed; it answers once nothing is left to send or it can't be sent now. */
	flush(): Promise<void> {
		clearTimeout(this.soon);
		this.running ??= this.run().finally(() => (this.running = undefined));
		return this.running;
	}

	private async run(): Promise<void> {
		for (let clashes = 0; Object.keys(this.state.value.pending).length > 0; ) {
			const sent = this.state.value.pending;
			try {
				if (!this.tag) this.take(await this.io.read());
				const answer = await this.io.save(this.tag, whole(this.state.value.view, sent));
				const left = minus(this.state.value.pending, sent);
				this.take(answer);
				this.set({ pending: left, savedAt: this.now(), here: false });
				if (Object.keys(left).length > 0) await this.store.write("draft", this.id, left);
				else await this.store.remove("draft", this.id);
			} catch (problem) {
				if (problem instanceof Failure && problem.status === 412 && clashes++ < 5) {
					try {
						this.take(await this.io.read());
						continue;
					} catch (again) {
						this.set({ problem: again, here: true });
						return;
					}
				}
				this.set({ problem, here: true });
				return;
			}
		}
	}

	/** drop forgets what was typed here: the intake has been handed in or put away. */
	async drop(): Promise<void> {
		clearTimeout(this.soon);
		this.set({ pending: {} });
		await this.store.remove("draft", this.id);
	}
}

/** The server takes health facts as one piece: what is typed goes over what stands there. */
function whole(view: IntakeView | undefined, change: SaveIntakeInBody): SaveIntakeInBody {
	return change.health && view ? { ...change, health: { ...view.health, ...change.health } } : change;
}

/** minus is what was typed while the rest was on its way. */
function minus(all: SaveIntakeInBody, sent: SaveIntakeInBody): SaveIntakeInBody {
	const out: Record<string, unknown> = {};
	for (const [k, v] of Object.entries(all)) if ((sent as Record<string, unknown>)[k] !== v) out[k] = v;
	return out as SaveIntakeInBody;
}

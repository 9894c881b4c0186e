import { signal } from "@preact/signals";

import { newKey } from "./call";
import { type Keep, keep } from "./keep";
import { Failure } from "./problem";

/** Step is something done while the network may be away: sent later, in order, once. */
export interface Step {
	/** Its place in the queue, ascending. */
	place: string;
	/** The Idempotency-Key: made when the step was taken, never again. */
	key: string;
	/** Steps of one line are sent strictly in order; a refused one stops its line. */
	line: string;
	route: string;
	args: { path?: Record<string, string>; body?: unknown; photo?: Blob };
	at: string;
	/** Why the server refused it; it waits for the person to look. */
	refused?: { status: number; code: string; detail: string };
}

export type Sending = (step: Step) => Promise<unknown>;

/**
 * Later holds steps on the device until they are answered. A step is removed only after the server has
 * answered it; a step sent twice carries the same key, so it is done once. What the server refuses
 * for good stays, marked, and holds back the rest of its own line.
 */
export class Later {
	/** steps are those still to be sent, oldest first. */
	readonly steps = signal<Step[]>([]);
	private running: Promise<void> | undefined;
	private again = false;
	private counter = 0;

	constructor(
		private readonly send: Sending,
		private readonly store: Keep = keep,
		private readonly now: () => number = Date.now,
	) {}

	/** open reads what was left by the page before. */
	async open(): Promise<void> {
		this.steps.value = (await this.store.all<Step>("later")).map(([, s]) => s);
	}

	/** add keeps a step, then sends what can be sent. It answers once the step is safe on the device. */
	async add(line: string, route: string, args: Step["args"]): Promise<Step> {
		const place = `${String(this.now()).padStart(15, "0")}-${String(this.counter++).padStart(6, "0")}`;
		const step: Step = { place, key: newKey(), line, route, args, at: new Date(this.now()).toISOString() };
		await this.store.write("later", place, step);
		this.steps.value = [...this.steps.value, step];
		void this.flush();
		return step;
	}

	/** flush sends in order until all is sent or the network is away. */
	flush(): Promise<void> {
		if (this.running) {
			this.again = true; // the one that runs may have just found the network away
			return this.running;
		}
		this.running = this.rounds().finally(() => (this.running = undefined));
		return this.running;
	}

	private async rounds(): Promise<void> {
		do {
			this.again = false;
			await this.run();
		} while (this.again);
	}

	private async run(): Promise<void> {
		for (;;) {
			const held = new Set(this.steps.value.filter((s) => s.refused).map((s) => s.line));
			const next = this.steps.value.find((s) => !s.refused && !held.has(s.line));
			if (!next) return;
			try {
				await this.send(next);
			} catch (err) {
				if (!(err instanceof Failure) || err.away || err.status === 401 || err.status === 429 || err.status >= 500) return;
				await this.mark({ ...next, refused: { status: err.status, code: err.code, detail: err.detail } });
				continue;
			}
			await this.drop(next.place);
		}
	}

	private async mark(step: Step): Promise<void> {
		await this.store.write("later", step.place, step);
		this.steps.value = this.steps.value.map((s) => (s.place === step.place ? step : s));
	}

	/** drop forgets a step: it was answered, or the person has seen why it was refused. */
	async drop(place: string): Promise<void> {
		await this.store.remove("later", place);
		this.steps.value = this.steps.value.filter((s) => s.place !== place);
	}
}

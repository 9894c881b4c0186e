import type { NextView } from "../../api.gen";
import { call, type Route } from "../../client/call";
import { Later, type Step } from "../../client/later";
import { sendPhoto } from "./photo";

// A courier's steps are kept on the phone and sent when there is a network, in order, once. What needs
// the server's word is never among them: accepting an offer, which runs out, and the codes.

/** Queued are the steps that may be taken without network. */
export type Queued = "arrive" | "at-door" | "fail" | "turn-back";

export const rides = new Later(async (s: Step) => {
	const photo = s.args.photo ? await sendPhoto(s.args.photo, s.key) : "";
	const body = photo ? { ...(s.args.body as object), photo } : s.args.body;
	return call(s.route as Route, { path: s.args.path, body, key: s.key } as never);
});

/** take keeps a step of a job; it carries the sequence it was made on and when the phone did it. */
export function take(next: NextView, step: Queued, more: Record<string, unknown> = {}, photo?: Blob): Promise<Step> {
	return rides.add(next.job ?? "", `POST /jobs/{id}/${step}`, {
		path: { id: next.job ?? "" },
		body: { sequence: next.sequence, done_at: new Date().toISOString(), ...more },
		...(photo ? { photo } : {}),
	});
}

const leadsTo: Record<string, Partial<Record<NextView["todo"], NextView["todo"]>>> = {
	arrive: { ride_to_counter: "show_code" },
	"at-door": { ride_to_door: "ask_pin" },
	fail: { ride_to_door: "turn_back", ask_pin: "turn_back" },
	"turn-back": { turn_back: "bring_back" },
};

/**
 * ahead is the next step as it will be once what waits on the phone has been sent: the server does not
 * know of it yet. A step that it has heard of already, or refused, changes nothing.
 */
export function ahead(next: NextView, waiting: readonly Step[]): NextView {
	let now = next;
	for (const s of waiting) {
		if (s.refused || s.args.path?.id !== now.job) continue;
		const body = s.args.body as { sequence: number } | undefined;
		if (!body || body.sequence !== now.sequence) continue;
		const to = leadsTo[s.route.split("/").pop() ?? ""]?.[now.todo];
		if (to) now = { ...now, todo: to, sequence: now.sequence + 1 };
	}
	return now;
}

/** stage is how far the bag is, of five: counter, waiting there, door, at the door, done. */
export function stage(todo: NextView["todo"]): number {
	switch (todo) {
		case "ride_to_counter":
			return 1;
		case "show_code":
			return 2;
		case "ride_to_door":
			return 3;
		case "ask_pin":
			return 4;
		default:
			return 0;
	}
}

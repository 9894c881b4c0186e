import { describe, expect, it } from "vitest";

import type { NextView } from "../../api.gen";
import type { Step } from "../../client/later";
import { ahead, newest } from "./ride";

const riding: NextView = { todo: "ride_to_door", job: "job_1", sequence: 4 };

function step(route: string, sequence: number, more: Partial<Step> = {}): Step {
	return { place: String(sequence), key: "k", line: "job_1", route: `POST /jobs/{id}/${route}`, args: { path: { id: "job_1" }, body: { sequence } }, at: "", ...more };
}

describe("a courier without network", () => {
	it("sees the step after the one that is saved on the phone", () => {
		expect(ahead(riding, [step("at-door", 4)])).toMatchObject({ todo: "ask_pin", sequence: 5 });
	});

	it("sees the step after two that are saved", () => {
		expect(ahead(riding, [step("at-door", 4), step("fail", 5), step("turn-back", 6)])).toMatchObject({ todo: "bring_back", sequence: 7 });
	});

	it("is not sent further by a step that the server has heard of", () => {
		expect(ahead({ ...riding, todo: "ask_pin", sequence: 5 }, [step("at-door", 4)])).toMatchObject({ todo: "ask_pin", sequence: 5 });
	});

	it("is not sent further by a step that was refused", () => {
		expect(ahead(riding, [step("at-door", 4, { refused: { status: 409, code: "given-to-another", detail: "" } })])).toEqual(riding);
	});

	it("is not sent further by a step of another job", () => {
		expect(ahead(riding, [step("at-door", 4, { args: { path: { id: "job_2" }, body: { sequence: 4 } } })])).toEqual(riding);
	});

	it("does not go a step back when the network is lost right after a step was sent", () => {
		const answer: NextView = { ...riding, todo: "ask_pin", sequence: 5 };
		expect(newest(riding, answer)).toEqual(answer);
		expect(newest({ ...answer, todo: "turn_back", sequence: 6 }, answer).todo).toBe("turn_back");
		const nothing: NextView = { todo: "wait", sequence: 0 };
		expect(newest(nothing, answer)).toEqual(nothing);
	});

	it("never has collected or delivered without the server", () => {
		const counter: NextView = { todo: "show_code", job: "job_1", sequence: 3 };
		expect(ahead(counter, [step("collect", 3)])).toEqual(counter);
		expect(ahead({ ...riding, todo: "ask_pin" }, [step("hand-over", 4)]).todo).toBe("ask_pin");
	});
});

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { EvidenceItem } from "../../api.gen";
import { speak } from "../../words/words";
import { said, words } from "./evidence";

const lives: Record<string, string[]> = {
	intake: ["intake/testdata/intake"], visit: ["consult/testdata/visit"], prescription: ["prescribing/testdata/prescription", "prescribing/testdata/part"], order: ["order/testdata/order"],
	packing: ["pharmacy/testdata/fill"], hand_over: ["delivery/testdata/job"], payment: ["billing/testdata/payment"],
};

describe("the evidence of a case", () => {
	for (const [kind, files] of Object.entries(lives))
		it(`has words for every state of a ${kind}, in both languages`, () => {
			for (const file of files) {
				const drawn = readFileSync(join(import.meta.dirname, "../../../..", `${file}.mmd`), "utf8");
				const states = new Set([...drawn.matchAll(/(\w+) -->|--> (\w+)/g)].map((m) => m[1] ?? m[2] ?? ""));
				expect(states.size).toBeGreaterThan(3);
				for (const state of states) {
					expect(words.of("en").codes[kind]?.[state], `${kind} ${state}`).toBeTruthy();
					expect(words.of("zh").codes[kind]?.[state], `${kind} ${state}`).toMatch(/\p{Script=Han}/u);
				}
			}
		});

	it("says everything that it says in English in Chinese too", () => {
		const [en, zh] = [words.of("en"), words.of("zh")];
		for (const [kind, codes] of Object.entries(en.codes)) expect(Object.keys(zh.codes[kind] ?? {})).toEqual(Object.keys(codes));
		expect(Object.keys(zh.whys).sort()).toEqual(Object.keys(en.whys).sort());
		expect(Object.keys(zh.kinds)).toEqual(Object.keys(en.kinds));
	});

	it("says what happened and why, and leaves out which event of the service it was", () => {
		const item = (more: Partial<EvidenceItem>) => said({ kind: "order", record: "ord_1", ...more });
		speak("zh");
		expect(item({ code: "placed", data: { why: "payment.authorised" } })).toEqual({ what: "订单：已支付", more: "" });
		expect(item({ code: "cancelled", data: { why: "changed_mind" } })).toEqual({ what: "订单：已取消", more: "改变主意" });
		expect(item({ code: "promise_broken", data: { stage: "preparing" } })).toEqual({ what: "订单：未按承诺时间送达", more: "环节：配药中" });
		speak("en");
		expect(item({ code: "cancelled", data: { why: "some_new_reason" } }).more).toBe("some new reason");
	});
});

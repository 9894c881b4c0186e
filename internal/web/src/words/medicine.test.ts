import { afterEach, describe, expect, it } from "vitest";

import { chinese, medicine } from "./medicine";
import { speak } from "./words";

afterEach(() => speak("en"));

describe("a product's code", () => {
	chinese.value = { medicines: { amoxicillin: "阿莫西林", "chloramphenicol-eye-drops": "氯霉素滴眼液" }, forms: { capsule: "胶囊", "eye-drops": "滴眼液", "oral-suspension": "口服混悬液" } };

	it.each([
		["amoxicillin/capsule/500mg", "Amoxicillin 500 mg, capsule"],
		["amoxicillin/oral-suspension/250mg-per-5ml", "Amoxicillin 250 mg/5 ml, oral suspension"],
		["chloramphenicol-eye-drops/eye-drops/0.5pct", "Chloramphenicol eye drops 0.5 %, eye drops"],
	])("is said in English: %s", (code, said) => expect(medicine(code)).toBe(said));

	it.each([
		["amoxicillin/capsule/500mg", "阿莫西林胶囊 500 mg（amoxicillin）"],
		["chloramphenicol-eye-drops/eye-drops/0.5pct", "氯霉素滴眼液 0.5 %（chloramphenicol eye drops）"],
		["unheardof/capsule/1mg", "Unheardof 1 mg, capsule"],
	])("is said in Chinese, with the name that any pharmacy knows: %s", (code, said) => {
		speak("zh");
		expect(medicine(code)).toBe(said);
	});
});

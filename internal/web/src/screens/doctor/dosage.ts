import type { PrescribingDosage } from "../../api.gen";

// A dosage as a doctor types it, in one line: "1 tid 5d pc", "1-2 q6h prn pain max 8 3d", "10 bid 7d".
// Only typing is short: what is printed and read aloud is the whole sentence that the server makes.

/** Read is what a line was understood as, or the word that was not. */
export type Read = { dosage: PrescribingDosage } | { wrong: string };

const often: Record<string, [number, number, string]> = {
	od: [1, 1, "d"],
	daily: [1, 1, "d"],
	"1x": [1, 1, "d"],
	bid: [2, 1, "d"],
	bd: [2, 1, "d"],
	"2x": [2, 1, "d"],
	tid: [3, 1, "d"],
	tds: [3, 1, "d"],
	"3x": [3, 1, "d"],
	qid: [4, 1, "d"],
	qds: [4, 1, "d"],
	"4x": [4, 1, "d"],
	weekly: [1, 1, "wk"],
	qw: [1, 1, "wk"],
};

const when: Record<string, string> = {
	pc: "after-meals",
	ac: "before-meals",
	cc: "with-meals",
	food: "with-food",
	empty: "empty-stomach",
	mane: "morning",
	am: "morning",
	noon: "noon",
	pm: "evening",
	nocte: "night",
	hs: "night",
};

const lengths: Record<string, string> = { d: "d", w: "wk", wk: "wk", mo: "mo" };

/** readLine understands a line for a product whose dose is counted in unit; reasons are those that "prn" may name. */
export function readLine(line: string, unit: string, reasons: readonly string[] = []): Read {
	const words = line.trim().toLowerCase().split(/\s+/).filter(Boolean);
	const d: PrescribingDosage = { dose: { value: "", unit }, timing: {} };
	for (let i = 0; i < words.length; i++) {
		const word = words[i] ?? "";
		if (!d.dose.value && setDose(d, word)) continue;
		if (setOften(d, word) || setLength(d, word) || setWhen(d, word)) continue;
		if (word === "once" || word === "stat") {
			d.timing.count = 1;
			continue;
		}
		if (word === "prn") {
			const reason = reasons.includes(words[i + 1] ?? "") ? words[++i] : reasons.includes("pain") ? "pain" : reasons[0];
			d.as_needed = { for: reason ?? "", max: { value: "", unit } };
			continue;
		}
		if (word === "max" && /^\d+([.,]\d+)?$/.test(words[i + 1] ?? "")) {
			d.as_needed ??= { for: reasons[0] ?? "", max: { value: "", unit } };
			d.as_needed.max.value = (words[++i] ?? "").replace(",", ".");
			continue;
		}
		return { wrong: word };
	}
	if (!d.dose.value) return { wrong: "" };
	if (!d.timing.count && !d.timing.frequency) return { wrong: "" };
	return { dosage: limited(d) };
}

/** An as-needed dose has a ceiling: the one typed, else what its times add up to. */
function limited(d: PrescribingDosage): PrescribingDosage {
	if (!d.as_needed || d.as_needed.max.value) return d;
	const { frequency = 1, period = 1, period_unit = "d" } = d.timing;
	const hours = period_unit === "h" ? period : 24 * period;
	const times = Math.max(1, Math.floor((24 / hours) * frequency));
	d.as_needed.max.value = decimal(Number(d.dose.high ?? d.dose.value) * times);
	return d;
}

function decimal(n: number): string {
	return String(Math.round(n * 1000) / 1000);
}

function setDose(d: PrescribingDosage, word: string): boolean {
	const half = /^(\d+)\/(\d+)$/.exec(word);
	if (half && Number(half[2]) > 0) {
		d.dose.value = decimal(Number(half[1]) / Number(half[2]));
		return true;
	}
	const span = /^(\d+(?:[.,]\d+)?)(?:-(\d+(?:[.,]\d+)?))?$/.exec(word);
	if (!span) return false;
	d.dose.value = decimal(Number((span[1] ?? "").replace(",", ".")));
	if (span[2]) d.dose.high = decimal(Number(span[2].replace(",", ".")));
	return Number(d.dose.value) > 0;
}

function setOften(d: PrescribingDosage, word: string): boolean {
	const known = often[word];
	const hours = /^q(\d{1,2})h$/.exec(word);
	if (known) [d.timing.frequency, d.timing.period, d.timing.period_unit] = known;
	else if (hours && Number(hours[1]) > 0) [d.timing.frequency, d.timing.period, d.timing.period_unit] = [1, Number(hours[1]), "h"];
	else return false;
	return true;
}

function setLength(d: PrescribingDosage, word: string): boolean {
	const m = /^(\d{1,3})(d|w|wk|mo)$/.exec(word);
	const unit = lengths[m?.[2] ?? ""];
	if (!m || !unit) return false;
	[d.timing.duration, d.timing.duration_unit] = [Number(m[1]), unit];
	return true;
}

function setWhen(d: PrescribingDosage, word: string): boolean {
	const code = when[word];
	if (!code) return false;
	d.timing.when = [...(d.timing.when ?? []), code];
	if (word === "nocte" || word === "hs" || word === "mane") {
		d.timing.frequency ??= 1;
		d.timing.period ??= 1;
		d.timing.period_unit ??= "d";
	}
	return true;
}

/** What a pack's code says. */
export interface Read {
	product?: string;
	batch?: string;
	/** The last good day, 2027-03-31. */
	expiry?: string;
}

const separator = "\u001d";

/**
 * readGS1 reads the code of a medicine's pack (GS1 General Specifications, section 3): 01 is the
 * product's number, 17 the expiry as YYMMDD (day 00: the last of the month), 10 the batch. What is not
 * such a code answers nothing but the number, when it is one.
 */
export function readGS1(raw: string): Read {
	let rest = raw.replace(/^\](d2|C1|Q3|e0)/, "");
	if (rest.startsWith(separator)) rest = rest.slice(1);
	if (/^\d{13}$/.test(rest)) return { product: rest };
	const out: Read = {};
	while (rest !== "") {
		while (rest.startsWith(separator)) rest = rest.slice(1);
		const ai = rest.slice(0, 2);
		rest = rest.slice(2);
		if (ai === "01") {
			out.product = rest.slice(0, 14);
			rest = rest.slice(14);
		} else if (ai === "17") {
			const day = expiry(rest.slice(0, 6));
			if (day) out.expiry = day;
			rest = rest.slice(6);
		} else if (ai === "10" || ai === "21") {
			const end = rest.indexOf(separator);
			const value = end < 0 ? rest : rest.slice(0, end);
			if (ai === "10") out.batch = value;
			rest = end < 0 ? "" : rest.slice(end + 1);
		} else return out;
	}
	return out;
}

function expiry(six: string): string | undefined {
	const m = /^(\d\d)(\d\d)(\d\d)$/.exec(six);
	if (!m) return undefined;
	const [year, month] = [2000 + Number(m[1]), Number(m[2])];
	if (month < 1 || month > 12) return undefined;
	const day = Number(m[3]) || new Date(Date.UTC(year, month, 0)).getUTCDate();
	return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

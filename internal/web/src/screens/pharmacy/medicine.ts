/** medicine says a product's code as people do: "amoxicillin/capsule/500mg" is "Amoxicillin 500 mg, capsule". */
export function medicine(code: string): string {
	const [inn = "", form = "", strength = ""] = code.split("/");
	const name = inn.replace(/[-_]/g, " ").replace(/\+/g, " + ");
	const dose = strength.replace(/(\d)(?=[a-zA-Z%µ])/g, "$1 ").replace(/_/g, " ");
	return `${name.charAt(0).toUpperCase()}${name.slice(1)}${dose ? ` ${dose}` : ""}${form ? `, ${form.replace(/[-_]/g, " ")}` : ""}`;
}

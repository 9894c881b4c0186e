import type { ItemText, PrescriptionText, PrescriptionView, ReasonText, SafetyFinding } from "../../api.gen";

/** Script is what is being prescribed in a visit: kept on the server as a draft as soon as it has an item. */
export interface Script {
	id?: string;
	tag?: string;
	items: ItemText[];
	reasons: ReasonText[];
	repeats: number;
	/** As the server reads it back, with its findings. */
	view?: PrescriptionView;
}

export const emptyScript: Script = { items: [], reasons: [], repeats: 0 };

/** text is what is sent. */
export function text(s: Script): PrescriptionText {
	const open = new Set((s.view?.findings ?? []).map((f) => f.id));
	return { items: s.items, reasons: s.reasons.filter((r) => open.size === 0 || open.has(r.finding)), repeats: s.repeats };
}

/** from takes up a draft that stands on the server. */
export function from(view: PrescriptionView, tag: string): Script {
	return {
		...(view.id ? { id: view.id } : {}),
		tag,
		items: view.items.map((i) => ({ product: i.product, steps: i.steps, no_substitution: i.no_substitution, ...(i.indication ? { indication: i.indication } : {}) })),
		reasons: view.reasons ?? [],
		repeats: view.repeats,
		view,
	};
}

/** of are the findings of one item: those that name its medicine. */
export function findingsOf(view: PrescriptionView | undefined, inn: string): SafetyFinding[] {
	return (view?.findings ?? []).filter((f) => (f.drugs ?? []).some((d) => d.toLowerCase() === inn.toLowerCase()));
}

/** rest are the findings that name no item of the script. */
export function findingsBeside(view: PrescriptionView | undefined): SafetyFinding[] {
	const own = new Set((view?.items ?? []).map((i) => i.inn.toLowerCase()));
	return (view?.findings ?? []).filter((f) => !(f.drugs ?? []).some((d) => own.has(d.toLowerCase())));
}

/** standing counts what keeps a script from being signed. */
export function standing(s: Script): { stops: number; unreasoned: number } {
	const findings = s.view?.findings ?? [];
	const given = new Set(s.reasons.filter((r) => r.code || (r.words ?? "").trim()).map((r) => r.finding));
	return {
		stops: findings.filter((f) => f.severity === "hard_stop").length,
		unreasoned: findings.filter((f) => f.severity === "warning" && !given.has(f.id)).length,
	};
}

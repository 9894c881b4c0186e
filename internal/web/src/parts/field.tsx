import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { Icon } from "./icon";

interface Common {
	label: ComponentChildren;
	hint?: string;
	said?: string;
	test?: string;
}

/** Said is what is wrong, beside what it is about. */
export function Said({ id, text }: { id?: string; text?: string }) {
	if (!text) return null;
	return (
		<p class="said" id={id} role="alert">
			<Icon name="circle-alert" />
			<span>{text}</span>
		</p>
	);
}

interface Typed {
	value: string;
	onType: (value: string) => void;
	onLeave?: () => void;
	autocomplete?: string;
	placeholder?: string;
	max?: number;
}

/** Field is one line to type in. */
export function Field(p: Common & Typed & { type?: "text" | "password" | "date" | "time" | "number" | "search" | "tel" | "email"; inputmode?: "numeric" | "decimal" | "email" | "tel" | "text" | "search"; required?: boolean; pattern?: string; autofocus?: boolean }) {
	const id = useId();
	const by = [p.hint && `${id}h`, p.said && `${id}s`].filter(Boolean).join(" ");
	return (
		<div class="field">
			<label for={id}>{p.label}</label>
			{p.hint && <span class="hint" id={`${id}h`}>{p.hint}</span>}
			<input
				id={id}
				type={(p.type ?? "text") as "text"}
				inputMode={p.inputmode}
				value={p.value}
				autocomplete={p.autocomplete as "on"}
				placeholder={p.placeholder}
				maxLength={p.max}
				aria-required={p.required}
				aria-invalid={p.said ? "true" : undefined}
				aria-describedby={by || undefined}
				data-test={p.test}
				onInput={(e) => p.onType(e.currentTarget.value)}
				onBlur={p.onLeave}
				{...(p.autofocus ? { autofocus: true } : {})}
			/>
			<Said id={`${id}s`} text={p.said} />
		</div>
	);
}

/** Area is more than a line to type in. */
export function Area(p: Common & Typed & { rows?: number }) {
	const id = useId();
	const by = [p.hint && `${id}h`, p.said && `${id}s`].filter(Boolean).join(" ");
	return (
		<div class="field">
			<label for={id}>{p.label}</label>
			{p.hint && <span class="hint" id={`${id}h`}>{p.hint}</span>}
			<textarea id={id} rows={p.rows ?? 4} value={p.value} placeholder={p.placeholder} maxLength={p.max} aria-invalid={p.said ? "true" : undefined} aria-describedby={by || undefined} data-test={p.test} onInput={(e) => p.onType(e.currentTarget.value)} onBlur={p.onLeave} />
			<Said id={`${id}s`} text={p.said} />
		</div>
	);
}

/** Pick is a list of which one is chosen, folded. */
export function Pick<T extends string>(p: Common & { value: T; of: readonly (readonly [T, string])[]; onPick: (v: T) => void }) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{p.label}</label>
			{p.hint && <span class="hint">{p.hint}</span>}
			<select id={id} value={p.value} data-test={p.test} onChange={(e) => p.onPick(e.currentTarget.value as T)}>
				{p.of.map(([v, text]) => (
					<option key={v} value={v} selected={v === p.value}>
						{text}
					</option>
				))}
			</select>
			<Said text={p.said} />
		</div>
	);
}

export type Option<T extends string> = { value: T; text: ComponentChildren; sub?: string };

/** Options shows all there is to choose from; one of them, or several with `many`. */
export function Options<T extends string>(p: { legend: ComponentChildren; hideLegend?: boolean; of: readonly Option<T>[]; one?: boolean; said?: string; test?: string; name?: string } & ({ many?: false; value: T | undefined; onPick: (v: T) => void } | { many: true; value: readonly T[]; onPick: (v: T[]) => void })) {
	const id = useId();
	const on = (v: T) => (p.many ? p.value.includes(v) : p.value === v);
	const press = (v: T) => {
		if (!p.many) return p.onPick(v);
		p.onPick(on(v) ? p.value.filter((x) => x !== v) : [...p.value, v]);
	};
	return (
		<fieldset data-test={p.test} aria-describedby={p.said ? `${id}s` : undefined}>
			<legend class={p.hideLegend ? "sr" : ""}>{p.legend}</legend>
			<div class={`opts ${p.one ? "one" : ""}`}>
				{p.of.map((o) => (
					<label class="opt" key={o.value} data-test={p.test && `${p.test}-${o.value}`}>
						<input type={p.many ? "checkbox" : "radio"} name={p.name ?? id} value={o.value} checked={on(o.value)} onChange={() => press(o.value)} />
						<Icon name="check" />
						<span>
							{o.text}
							{o.sub && <small>{o.sub}</small>}
						</span>
					</label>
				))}
			</div>
			<Said id={`${id}s`} text={p.said} />
		</fieldset>
	);
}

/** Tick is one thing to agree to. */
export function Tick(p: { on: boolean; onPick: (on: boolean) => void; children: ComponentChildren; test?: string }) {
	return (
		<label class="tick">
			<input type="checkbox" checked={p.on} onChange={(e) => p.onPick(e.currentTarget.checked)} data-test={p.test} />
			<span>{p.children}</span>
		</label>
	);
}

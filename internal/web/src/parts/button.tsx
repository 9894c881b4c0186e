import type { ComponentChildren } from "preact";

import { Icon, type IconName } from "./icon";

interface Looks {
	children?: ComponentChildren;
	icon?: IconName;
	/** main: the one action; more: beside it; bare: a word; stop: what ends something. */
	kind?: "main" | "more" | "bare" | "stop";
	wide?: boolean;
	small?: boolean;
	/** The one of a courier, for a thumb in a glove. */
	big?: boolean;
	test?: string;
	/** The letter that does the same on a keyboard. */
	keycap?: string;
	label?: string;
}

const look = (p: Looks, more = "") => `btn ${p.kind ?? "more"} ${p.wide ? "wide" : ""} ${p.small ? "small" : ""} ${p.big ? "big" : ""} ${more}`;

function Inside(p: Looks) {
	return (
		<>
			{p.icon && <Icon name={p.icon} />}
			{p.children && <span>{p.children}</span>}
			{p.keycap && <kbd class="kbd">{p.keycap}</kbd>}
		</>
	);
}

/** Btn does something. While busy a press does nothing, and it keeps the focus. */
export function Btn(p: Looks & { onPress?: (e: Event) => void; busy?: boolean; off?: boolean; submit?: boolean; pressed?: boolean; expanded?: boolean }) {
	const quiet = p.busy || p.off;
	return (
		<button
			type={p.submit ? "submit" : "button"}
			class={look(p)}
			aria-disabled={quiet ? "true" : undefined}
			aria-busy={p.busy ? "true" : undefined}
			aria-pressed={p.pressed}
			aria-expanded={p.expanded}
			aria-label={p.label}
			data-test={p.test}
			onClick={(e) => {
				if (quiet) e.preventDefault();
				else p.onPress?.(e);
			}}
		>
			<Inside {...p} />
		</button>
	);
}

/** Go is a button that leads somewhere: a link in a button's clothes. */
export function Go(p: Looks & { to: string; download?: boolean; out?: boolean }) {
	return (
		<a class={look(p)} href={p.to} data-test={p.test} download={p.download} aria-label={p.label} {...(p.out ? { target: "_blank", rel: "noopener" } : {})}>
			<Inside {...p} />
		</a>
	);
}

/** IconBtn is an icon alone, with its name for who does not see it. */
export function IconBtn({ icon, label, onPress, test, pressed, to }: { icon: IconName; label: string; onPress?: () => void; test?: string; pressed?: boolean; to?: string }) {
	if (to)
		return (
			<a class="ico" href={to} aria-label={label} title={label} data-test={test}>
				<Icon name={icon} />
			</a>
		);
	return (
		<button type="button" class="ico" aria-label={label} title={label} aria-pressed={pressed} onClick={onPress} data-test={test}>
			<Icon name={icon} />
		</button>
	);
}

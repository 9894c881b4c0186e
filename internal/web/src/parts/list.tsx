import type { ComponentChildren } from "preact";

import { Icon, type IconName } from "./icon";

/** Line is one line of a list that leads somewhere, or just says something. */
export function Line({ to, onPress, icon, title, sub, end, test, lang }: { to?: string; onPress?: () => void; icon?: IconName; title: ComponentChildren; sub?: ComponentChildren; end?: ComponentChildren; test?: string; lang?: string }) {
	const inside = (
		<>
			{icon && <Icon name={icon} />}
			<span lang={lang}>
				<b>{title}</b>
				{sub && <span class="g num">{sub}</span>}
			</span>
			{end && <span class="end num">{end}</span>}
			{(to || onPress) && !end && <Icon name="chevron-right" class="go" />}
		</>
	);
	if (to)
		return (
			<a href={to} data-test={test}>
				{inside}
			</a>
		);
	if (onPress)
		return (
			<button type="button" onClick={onPress} data-test={test}>
				{inside}
			</button>
		);
	return <div data-test={test}>{inside}</div>;
}

/** Lines is a ruled list. */
export function Lines({ children, label }: { children: ComponentChildren; label?: string }) {
	return (
		<div class="rows" role={label ? "group" : undefined} aria-label={label}>
			{children}
		</div>
	);
}

/** Empty is a sentence and what to do where there is nothing yet. */
export function Empty({ children, drawing = "lamp" }: { children: ComponentChildren; drawing?: keyof typeof drawings }) {
	return (
		<div class="empty">
			<svg class="draw" viewBox="0 0 132 110" aria-hidden="true" dangerouslySetInnerHTML={{ __html: drawings[drawing] }} />
			{children}
		</div>
	);
}

const stroke = 'fill="none" stroke="var(--ink-2)" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
const glow = 'fill="var(--lamp-soft)"';
const lamp = 'fill="none" stroke="var(--lamp)" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
const drawings = {
	lamp: `<circle cx="66" cy="44" r="34" ${glow}/><path ${stroke} d="M66 0v14M46 40l8-24h24l8 24z"/><path ${lamp} d="M60 40a6 6 0 0 0 12 0"/><path ${stroke} d="M14 104h104M30 104V74h28v30M36 82h16M36 90h16"/>`,
	door: `<circle cx="80" cy="30" r="24" ${glow}/><path ${stroke} d="M20 104h92M36 104V26h44v78M70 66h.1"/><path ${lamp} d="M96 24v10M90 34h12l-3 10h-6z"/><path ${stroke} d="M92 104V84h16v20"/>`,
	bag: `<circle cx="66" cy="52" r="36" ${glow}/><path ${stroke} d="M38 44h56l6 56H32zM52 52V36a14 14 0 0 1 28 0v16"/><path ${lamp} d="M66 66v18M57 75h18"/>`,
	paper: `<circle cx="84" cy="34" r="26" ${glow}/><path ${stroke} d="M34 10h46l16 16v76H34zM80 10v16h16M46 44h38M46 56h38M46 68h24"/><path ${lamp} d="M46 88c8-10 10 6 18-4 4-5 8 2 14-2"/>`,
};

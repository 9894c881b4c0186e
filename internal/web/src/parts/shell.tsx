import type { ComponentChildren } from "preact";

import { where } from "../client/router";
import { both } from "../words/words";
import { Icon, type IconName } from "./icon";

/** Tab is one entry of the navigation. */
export interface Tab {
	to: string;
	icon: IconName;
	text: string;
	/** What waits there; shown when more than nothing, and said. */
	count?: number;
	/** Further addresses that belong to it. */
	also?: RegExp;
	/** On a rail it stands at the bottom. */
	last?: boolean;
}

const words = both({ en: { nav: "Main", skip: "To the content" }, zh: { nav: "主导航", skip: "跳到正文" } });

function here(t: Tab, path: string): boolean {
	return path === t.to || (t.also?.test(path) ?? false);
}

function Tabs({ tabs, path }: { tabs: Tab[]; path: string }) {
	const best = tabs.find((t) => path === t.to) ?? tabs.find((t) => here(t, path));
	return (
		<>
			{tabs.map((t) => (
				<a key={t.to} href={t.to} class={t.last ? "end" : ""} aria-current={t === best ? "page" : undefined} data-test={`tab-${t.icon}`}>
					<Icon name={t.icon} />
					<span>{t.text}</span>
					{!!t.count && <span class="count">{t.count}</span>}
				</a>
			))}
		</>
	);
}

/** Shell is the frame around every screen: tabs at the thumb on a phone, a rail on a desk. */
export function Shell({ tabs, staff, quiet, home = "/", children }: { tabs: Tab[]; staff?: boolean; quiet?: boolean; home?: string; children: ComponentChildren }) {
	const path = where.value;
	const w = words();
	return (
		<div class={`frame ${staff ? "staff" : ""}`}>
			<a class="skip" href="#main">
				{w.skip}
			</a>
			{tabs.length > 0 && (
				<nav class="rail" aria-label={w.nav}>
					<a class="mark" href={home} aria-label="housecall">
						<svg class="i" viewBox="0 0 64 64" aria-hidden="true">
							<path d="M12 30 32 13l20 17v20a3 3 0 0 1-3 3H15a3 3 0 0 1-3-3z" stroke-width="4" />
							<path d="M27 53V39a2 2 0 0 1 2-2h6a2 2 0 0 1 2 2v14z" fill="var(--lamp)" stroke="none" />
						</svg>
					</a>
					<Tabs tabs={tabs} path={path} />
				</nav>
			)}
			{children}
			{tabs.length > 0 && !quiet && (
				<nav class="tabs" aria-label={w.nav} ref={(e) => e?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" })}>
					<Tabs tabs={tabs} path={path} />
				</nav>
			)}
		</div>
	);
}

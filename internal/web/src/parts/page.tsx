import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { online } from "../client/call";
import type { Live } from "../client/live";
import { back } from "../client/router";
import { size } from "../client/session";
import { time } from "../words/say";
import { both } from "../words/words";
import { IconBtn } from "./button";
import { Icon } from "./icon";
import { Trouble } from "./notice";
import { ReadAloud } from "./read";

const words = both({
	en: {
		back: "Back",
		offline: (at: string) => (at ? `No network. Showing ${at}.` : "No network."),
		loading: "Loading",
		for: "For",
		app: "housecall",
	},
	zh: {
		back: "返回",
		offline: (at: string) => (at ? `网络已断开，显示${at}的内容。` : "网络已断开。"),
		loading: "正在载入",
		for: "正在为",
		app: "housecall",
	},
});

/** OfflineBar says which state is shown while the network is away. */
export function OfflineBar({ at }: { at?: number }) {
	if (online.value) return null;
	return (
		<div class="offline num" role="status" data-test="offline">
			<Icon name="wifi-off" />
			<span>{words().offline(at ? time(at) : "")}</span>
		</div>
	);
}

let shown = 0;

/** Head is a screen's one h1. It takes the focus when the screen was gone to, not when the app was opened. */
export function Head({ children, plain }: { children: ComponentChildren; plain?: boolean }) {
	const h = useRef<HTMLHeadingElement>(null);
	useEffect(() => {
		if (shown++ > 0 && !document.querySelector("dialog[open]")) h.current?.focus({ preventScroll: true });
	}, []);
	return (
		<h1 ref={h} tabIndex={-1} class={plain ? "h1" : "h1 voice"} data-test="title">
			{children}
		</h1>
	);
}

interface Frame<T> {
	/** In the tab of the browser; of no person, no illness. */
	title: string;
	/** What is loaded; absent for a screen that needs nothing. */
	of?: Live<T>;
	/** Where Back leads; absent on a screen of the navigation. */
	up?: string;
	/** Whose matter this is, in the middle of the bar. */
	middle?: ComponentChildren;
	/** Above all: whom one acts for. */
	top?: ComponentChildren;
	/** Stands at the thumb, outside what scrolls. */
	foot?: ComponentChildren;
	end?: ComponentChildren;
	wide?: boolean;
	plain?: boolean;
	children: ComponentChildren | ((data: T) => ComponentChildren);
}

/** Page is what every screen has: the bars, its shape in grey while it loads, trouble, and the last state without network. */
export function Page<T>(p: Frame<T>) {
	const w = words();
	useEffect(() => {
		document.title = `${p.title} · ${w.app}`;
	}, [p.title, w]);
	const data = p.of?.data;
	const inside = typeof p.children === "function" ? (data === undefined ? undefined : p.children(data)) : p.children;
	const failed = p.of?.problem;
	return (
		<div class={`mid ${p.wide ? "wide" : ""} ${p.plain ? "plain" : ""}`}>
			<OfflineBar at={p.of?.at} />
			<div class="scroll">
				{p.top}
				{!p.top && (p.up || p.middle || p.end) && (
					<header class="bar">
						{p.up ? <IconBtn icon="arrow-left" label={w.back} onPress={() => back(p.up as string)} test="back" /> : <span class="ico" />}
						<p class="mid">{p.middle}</p>
						{p.end ?? (size.value === "normal" ? <span class="ico" /> : <ReadAloud />)}
					</header>
				)}
				<main class="page" id="main">
					{inside === undefined && !failed && <Ghost />}
					{inside === undefined && failed ? (
						<>
							<Head>{p.title}</Head>
							<Trouble problem={failed} again={() => void p.of?.reload()} />
						</>
					) : (
						inside
					)}
				</main>
			</div>
			{p.foot && (inside !== undefined || !p.of) && <footer class="foot">{p.foot}</footer>}
		</div>
	);
}

/** Ghost is the shape of what is to come, in grey, after a moment. */
export function Ghost() {
	return (
		<div class="ghost" role="status" aria-label={words().loading}>
			<i />
			<i />
			<i class="card" />
			<i />
		</div>
	);
}

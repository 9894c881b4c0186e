import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { GrantView, PersonView } from "../../api.gen";
import { about } from "../../client/about";
import { call } from "../../client/call";
import { type Live, useLive } from "../../client/live";
import { me, setSize, size } from "../../client/session";
import { IconBtn } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Line, Lines } from "../../parts/list";
import { ReadAloud } from "../../parts/read";
import { Sheet } from "../../parts/sheet";
import { both } from "../../words/words";

export const words = both({
	en: {
		for: "For",
		you: "You",
		switch: "Whose matter is it?",
		circle: "Care circle",
		large: "Large type",
		help: "Help",
		someone: "Somebody you help",
		self: "yourself",
		child: "in your care",
		helped: "you help them",
	},
	zh: {
		for: "正在为",
		you: "本人",
		switch: "为谁办理？",
		circle: "家人",
		large: "长辈版",
		help: "帮助",
		someone: "您帮助的人",
		self: "本人",
		child: "由您监护",
		helped: "由您代办",
	},
});

/** Known is somebody one may act for: oneself, a dependant, or who granted it. */
export interface Known {
	id: string;
	name: string;
	person?: PersonView;
	kind: "self" | "child" | "helped";
	/** What one may do; for oneself and dependants everything. */
	scopes: string[];
	grant?: GrantView;
}

const all = ["see", "book", "attend", "pay", "receive"];

async function load(): Promise<Known[]> {
	const account = me.value;
	if (!account) return [];
	const [own, children, circle] = await Promise.all([
		account.patient ? call("GET /patients/{id}", { path: { id: account.patient } }) : undefined,
		call("GET /patients"),
		call("GET /grants"),
	]);
	const out: Known[] = [];
	if (own) out.push({ id: own.id, name: own.name, person: own, kind: "self", scopes: all });
	for (const p of children.items) if (!out.some((k) => k.id === p.id)) out.push({ id: p.id, name: p.name, person: p, kind: "child", scopes: all });
	for (const g of circle.held) {
		if (g.state !== "active" || out.some((k) => k.id === g.patient)) continue;
		const person = g.scopes.includes("see") ? await call("GET /patients/{id}", { path: { id: g.patient } }).catch(() => undefined) : undefined;
		out.push({ id: g.patient, name: person?.name ?? "", person, kind: g.guardian ? "child" : "helped", scopes: g.guardian ? all : g.scopes, grant: g });
	}
	return out;
}

/** usePeople lists whom one may act for, oneself first. */
export function usePeople(): Live<Known[]> {
	return useLive("people", load, (e) => /^(grant|person|account)\./.test(e.kind));
}

/** nameOf is how somebody is called on the screen. */
export function nameOf(k: Known | undefined): string {
	return k?.name || words().someone;
}

/** initial is what stands in the round mark: the last character of a Han name, the first letter of another. */
export function initial(name: string): string {
	const trimmed = name.trim();
	return /^\p{Script=Han}/u.test(trimmed) ? trimmed.slice(-1) : (trimmed[0] ?? "·").toUpperCase();
}

/** given is the given name: "Xiulan" of "Wang Xiulan" can't be told, so it is the whole for Han names. */
export function given(name: string): string {
	return /^\p{Script=Han}/u.test(name) ? name : (name.split(/\s+/)[0] ?? name);
}

/** Top says whose matter this is, above everything, and leads to the others. */
export function Top({ person }: { person: string }) {
	const w = words();
	const people = usePeople();
	const open = useSignal(false);
	useEffect(() => {
		about.value = person;
	}, [person]);
	const known = people.data?.find((k) => k.id === person);
	const elder = size.value !== "normal";
	const name = known ? nameOf(known) : "";
	return (
		<header class="top" data-test="for" data-person={person}>
			<button type="button" class="who" onClick={() => (open.value = true)} aria-haspopup="dialog" data-test="switch">
				{!elder && (
					<span class="ava" aria-hidden="true">
						{initial(name)}
					</span>
				)}
				<span>
					<small>{w.for}</small>
					<b>{name}</b>
				</span>
				<Icon name="chevron-down" />
			</button>
			{elder ? <ReadAloud word /> : <IconBtn icon="a-large-small" label={w.large} onPress={() => setSize("large")} test="elder" />}
			{!elder && <IconBtn icon="headset" label={w.help} to="/case/new" test="help" />}
			<Sheet title={w.switch} open={open.value} onClose={() => (open.value = false)}>
				<Lines>
					{(people.data ?? []).map((k) => (
						<Line key={k.id} to={`/for/${k.id}`} icon="user" title={nameOf(k)} sub={{ self: w.self, child: w.child, helped: w.helped }[k.kind]} test={`to-${k.id}`} />
					))}
					<Line to="/circle" icon="users" title={w.circle} test="to-circle" />
				</Lines>
			</Sheet>
		</header>
	);
}

/** Whom says in the middle of a bar whose matter it is, and keeps the navigation with them. */
export function Whom({ person }: { person: string | undefined }) {
	const w = words();
	const people = usePeople();
	useEffect(() => {
		if (person) about.value = person;
	}, [person]);
	const known = people.data?.find((k) => k.id === person);
	if (!known) return null;
	return (
		<span data-test="for" data-person={person}>
			{w.for} <b>{nameOf(known)}</b>
		</span>
	);
}

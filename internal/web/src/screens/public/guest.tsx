import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { GuestLook } from "../../api.gen";
import { useAct } from "../../client/act";
import { exchange, type Kept, look, Places, ticket } from "../../client/guest";
import { Failure } from "../../client/problem";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Ghost, Head, Page } from "../../parts/page";
import { Shell } from "../../parts/shell";
import { Stage } from "../../parts/stage";
import { when } from "../../words/say";
import { DeviceCheck } from "../patient/devices";
import { words } from "./words";

const every = 4000; // how often a page that waits for the doctor looks

function storage(): Storage | undefined {
	try {
		return localStorage;
	} catch {
		return undefined;
	}
}

/** Guest opens a link to one call: whose it is, one's name, the device check, the room, and nothing else. */
export default function Guest() {
	const w = words().guest;
	const token = useMemo(() => location.hash.slice(1), []);
	const places = useMemo(() => new Places(storage()), []);
	const found = useSignal<GuestLook | undefined>(undefined);
	const kept = useSignal<Kept | undefined>(places.read(token));
	const out = useSignal("");
	const round = useSignal(0);
	const problem = useSignal<unknown>(undefined);
	const see = async () => {
		try {
			found.value = await look(token);
			problem.value = undefined;
			if (found.value.stage === "over") places.drop(token);
		} catch (err) {
			problem.value = err;
			if (err instanceof Failure && !err.away) found.value = undefined;
		}
	};
	const l = found.value;
	const waits = l?.stage === "early" || (problem.value instanceof Failure && problem.value.away);
	useEffect(() => void see(), []);
	useEffect(() => {
		if (!waits) return;
		const timer = setInterval(() => void see(), every);
		return () => clearInterval(timer);
	}, [waits]);
	const seat = kept.value;
	if (l?.stage === "open" && seat && !out.value)
		return (
			<main class="mid frame" id="main">
				<h1 class="sr">{w.title}</h1>
				<Stage
					key={round.value}
					name={`guest ${seat.visit}`}
					ticket={() => admitted(seat)}
					title={l.doctor || w.title}
					onOver={(reason) => {
						out.value = reason || "left";
						void see();
					}}
				/>
			</main>
		);
	return (
		<Shell tabs={[]}>
			<Page title={w.title} foot={l?.stage === "open" && seat && out.value ? <Back onPress={() => ((out.value = ""), round.value++)} /> : undefined}>
				<Body look={l} seated={!!seat} out={out.value} problem={problem.value} again={() => void see()}>
					{l && <Join token={token} onJoined={(k) => (places.write(token, k), (kept.value = k))} />}
				</Body>
			</Page>
		</Shell>
	);
}

/** admitted is the way into the room, as the call wants it. */
async function admitted(kept: Kept) {
	const t = await ticket(kept);
	return { token: t.token, url: t.url, relay: t.relay };
}

function Back({ onPress }: { onPress: () => void }) {
	return (
		<Btn kind="main" wide icon="video" onPress={onPress} test="guest-back">
			{words().guest.back}
		</Btn>
	);
}

/** Body says where the link stands, or asks for a name. */
function Body({ look: l, seated, out, problem, again, children }: { look: GuestLook | undefined; seated: boolean; out: string; problem: unknown; again: () => void; children: preact.ComponentChildren }) {
	const w = words().guest;
	const say = (title: string, hint: string, test: string) => (
		<div data-test={test} class="stack">
			<Head key={title}>{title}</Head>
			<p class="hint">{hint}</p>
		</div>
	);
	if (!l && problem instanceof Failure && problem.status === 404) return say(w.none, w.noneHint, "guest-none");
	if (!l)
		return problem ? (
			<>
				<Head>{w.title}</Head>
				<Trouble problem={problem} again={again} />
			</>
		) : (
			<Ghost />
		);
	if (l.stage === "over") return say(w.over, w.overHint, "guest-over");
	if (seated && out) return say(out === "taken_over" ? w.taken : w.left, w.leftHint, "guest-out");
	if (seated) return say(w.early, w.earlyHint, "guest-early");
	if (l.used) return say(w.used, w.usedHint, "guest-used");
	return (
		<div class="stack-l" data-test="guest" data-stage={l.stage}>
			<div>
				<Head>{w.invited(l.doctor ?? "")}</Head>
				<p class="hint">
					{w.as[l.as]} {l.starts_at && w.at(when(l.starts_at))}
				</p>
			</div>
			{children}
		</div>
	);
}

/** Join asks what to be called, tries the devices, and spends the link. */
function Join({ token, onJoined }: { token: string; onJoined: (k: Kept) => void }) {
	const w = words().guest;
	const name = useSignal("");
	const missed = useSignal(false);
	const join = useAct(async (key) => {
		const s = await exchange(token, name.value.trim(), key);
		onJoined({ session: s.session, visit: s.visit, name: name.value.trim() });
	});
	return (
		<form
			class="stack-l"
			onSubmit={(e) => {
				e.preventDefault();
				missed.value = !name.value.trim();
				if (!missed.value) void join();
			}}
		>
			<Field label={w.name} hint={w.nameHint} value={name.value} onType={(v) => ((name.value = v), (missed.value = false))} said={missed.value ? w.named : ""} autocomplete="name" max={60} required test="guest-name" />
			<DeviceCheck />
			{join.problem instanceof Failure && join.problem.code === "room-full" ? <Notice kind="warn">{w.full}</Notice> : <Trouble problem={join.problem} />}
			<Btn kind="main" wide submit icon="video" busy={join.busy} test="guest-join">
				{w.join}
			</Btn>
		</form>
	);
}

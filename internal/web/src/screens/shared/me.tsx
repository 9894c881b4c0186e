import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { useLive } from "../../client/live";
import { go } from "../../client/router";
import { entered, leave, look, me, setLook, setSize, size } from "../../client/session";
import { Btn, Go } from "../../parts/button";
import { Field, Options } from "../../parts/field";
import { Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { when } from "../../words/say";
import { language, speak, type Language } from "../../words/words";
import { words } from "./words";

/** Me: how the app looks and speaks, where I am signed in, and the way out. Other roles put their own above. */
export default function Me({ children }: { children?: preact.ComponentChildren }) {
	const w = words();
	const account = me.value;
	const sessions = useLive("sessions", () => call("GET /sessions"), (e) => e.kind.startsWith("session."));
	const open = useSignal<"" | "leave" | "reach" | "name">("");
	const save = useAct(async (_key, body: { language: Language; type_size: "normal" | "large" | "largest"; name?: string }) => {
		const now = await versioned("GET /me");
		await entered(await call("PUT /me", { match: now.tag, body: { name: body.name ?? now.body.name, language: body.language, type_size: body.type_size } }));
		open.value = "";
	});
	const out = useAct(async () => {
		await leave();
		go("/", true);
	});
	const end = useAct(async (_key, id: string) => {
		await call("DELETE /sessions/{id}", { path: { id } });
		await sessions.reload();
	});
	if (!account) return null;
	return (
		<Page title={w.me}>
			<Head>{account.name || w.me}</Head>
			{children}
			<section class="stack-l">
				<h2>{w.settings}</h2>
				<Options
					legend={w.language}
					value={language.value}
					of={[
						{ value: "en", text: <span lang="en">English</span> },
						{ value: "zh", text: <span lang="zh-CN">中文</span> },
					]}
					onPick={(l) => {
						speak(l);
						void save({ language: l, type_size: size.value });
					}}
					test="language"
				/>
				<Options
					legend={w.size}
					value={size.value}
					of={(["normal", "large", "largest"] as const).map((value) => ({ value, text: w.sizes[value] }))}
					onPick={(s) => {
						setSize(s);
						void save({ language: language.value, type_size: s });
					}}
					test="size"
				/>
				<Options legend={w.look} value={look.value} of={(["auto", "light", "dark"] as const).map((value) => ({ value, text: w.looks[value] }))} onPick={setLook} test="look" />
				<Trouble problem={save.problem} />
			</section>
			<section>
				<h2>{w.reaches}</h2>
				<Lines>
					<Line title={account.name} icon="user" onPress={() => (open.value = "name")} test="edit-name" />
					{account.addresses.map((r) => (
						<Line key={r.text} title={r.text} icon={r.channel === "phone" ? "phone" : "send"} />
					))}
					<Line title={w.addReach} icon="plus" onPress={() => (open.value = "reach")} />
					<Line to="/passkeys" title={w.passkeys} icon="key-round" test="passkeys" />
				</Lines>
			</section>
			<section>
				<h2>{w.sessions}</h2>
				<Lines>
					{(sessions.data?.items ?? []).map((s) => (
						<div key={s.id}>
							<span class="stretch">
								<b class="break">{s.device || "?"}</b>
								<span class="g">{s.present ? w.this : w.lastSeen(when(s.seen_at))}</span>
							</span>
							{!s.present && (
								<span class="end">
									<Btn small busy={end.busy} onPress={() => void end(s.id)}>
										{w.end}
									</Btn>
								</span>
							)}
						</div>
					))}
				</Lines>
				<Trouble problem={sessions.problem ?? end.problem} />
			</section>
			<section class="stack">
				<Btn wide icon="log-out" onPress={() => (open.value = "leave")} test="sign-out">
					{w.leave}
				</Btn>
				<Go kind="bare" wide to="/licences.txt" out>
					{w.licences}
				</Go>
			</section>
			<Sheet title={w.leaving} open={open.value === "leave"} onClose={() => (open.value = "")}>
				<div class="stack">
					<Trouble problem={out.problem} />
					<Btn kind="main" wide busy={out.busy} onPress={() => void out()} test="sign-out-sure">
						{w.leave}
					</Btn>
					<Btn wide onPress={() => (open.value = "")}>
						{w.cancel}
					</Btn>
				</div>
			</Sheet>
			{open.value === "reach" && <AddReach onDone={() => (open.value = "")} />}
			{open.value === "name" && <EditName name={account.name} save={(name) => void save({ name, language: language.value, type_size: size.value })} busy={save.busy} problem={save.problem} onClose={() => (open.value = "")} />}
		</Page>
	);
}

function EditName({ name, save, busy, problem, onClose }: { name: string; save: (name: string) => void; busy: boolean; problem: unknown; onClose: () => void }) {
	const w = words();
	const typed = useSignal(name);
	return (
		<Sheet title={w.name} open onClose={onClose}>
			<form
				class="stack-l"
				onSubmit={(e) => {
					e.preventDefault();
					if (typed.value.trim()) save(typed.value.trim());
				}}
			>
				<Field label={w.name} value={typed.value} onType={(v) => (typed.value = v)} autocomplete="name" max={120} said={typed.value.trim() ? "" : w.need.name} />
				<Trouble problem={problem} />
				<Btn kind="main" wide submit busy={busy}>
					{w.save}
				</Btn>
			</form>
		</Sheet>
	);
}

function AddReach({ onDone }: { onDone: () => void }) {
	const w = words();
	const s = useSignal({ address: "", code: "", sent: false });
	const ask = useAct(async () => {
		await call("POST /me/addresses/code", { body: { address: s.value.address.trim() } });
		s.value = { ...s.value, sent: true };
	});
	const add = useAct(async (key) => {
		await entered(await call("POST /me/addresses", { key, body: { address: s.value.address.trim(), code: s.value.code.trim() } }));
		onDone();
	});
	return (
		<Sheet title={w.addReach} open onClose={onDone}>
			<form
				class="stack-l"
				onSubmit={(e) => {
					e.preventDefault();
					void (s.value.sent ? add() : ask());
				}}
			>
				<Field label={w.address} hint={w.addressHint} value={s.value.address} onType={(address) => (s.value = { ...s.value, address })} autocomplete="email" />
				{s.value.sent && (
					<>
						<Notice>{w.sent}</Notice>
						<Field label={w.code} value={s.value.code} onType={(code) => (s.value = { ...s.value, code })} inputmode="numeric" autocomplete="one-time-code" max={6} />
					</>
				)}
				<Trouble problem={ask.problem ?? add.problem} />
				<Btn kind="main" wide submit busy={ask.busy || add.busy}>
					{s.value.sent ? w.confirm : w.go}
				</Btn>
			</form>
		</Sheet>
	);
}

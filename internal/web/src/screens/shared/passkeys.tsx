import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import type { PasskeyView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { able, make } from "../../client/passkey";
import { Failure } from "../../client/problem";
import { me } from "../../client/session";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { when } from "../../words/say";
import { words } from "./words";

type Open = { what: "rename" | "remove"; of: PasskeyView } | { what: "still" } | undefined;

/** Passkeys of who is signed in: what they are for, those there are, and one for this device. */
export default function Passkeys() {
	const w = words();
	const live = useLive("passkeys", () => call("GET /passkeys"), (e) => e.kind.startsWith("passkey."));
	const open = useSignal<Open>(undefined);
	const added = useSignal(false);
	const made = useRef<unknown>(undefined); // until the server has answered: the device makes one, not two
	const staff = me.value?.role !== "patient";
	const add = useAct(async (key) => {
		added.value = false;
		try {
			made.current ??= await make((await call("POST /passkeys/options")).public_key);
			await call("POST /passkeys", { key, body: { name: guess(w.devices), credential: made.current } });
		} catch (err) {
			if (err instanceof Failure && !err.away && err.status < 500) made.current = undefined;
			if (!(err instanceof Failure && err.code === "step-up-needed")) throw err;
			open.value = { what: "still" };
			return;
		}
		made.current = undefined;
		added.value = true;
		await live.reload();
	});
	const close = () => (open.value = undefined);
	const o = open.value;
	return (
		<Page title={w.passkeys} of={live} up="/me">
			{(d) => (
				<div class="stack-l" data-test="passkeys-page">
					<Head>{w.passkeys}</Head>
					<p class="hint">{w.passkeysHint}</p>
					{staff && <p class="hint">{w.passkeysStaff}</p>}
					{d.items.length === 0 && <p>{w.passkeysNone}</p>}
					{d.items.length > 0 && (
						<Lines label={w.passkeys}>
							{d.items.map((p) => (
								<One key={p.id} of={p} onRename={() => (open.value = { what: "rename", of: p })} onRemove={() => (open.value = { what: "remove", of: p })} />
							))}
						</Lines>
					)}
					<div role="status">{added.value && <Notice kind="ok">{w.passkeyAdded}</Notice>}</div>
					<Trouble problem={add.problem} />
					{able() ? (
						<Btn kind="main" wide icon="key-round" busy={add.busy} onPress={() => void add()} test="add-passkey">
							{w.addPasskey}
						</Btn>
					) : (
						<Notice>{w.passkeysUnable}</Notice>
					)}
					{o?.what === "rename" && <Rename of={o.of} onDone={() => (close(), void live.reload())} onClose={close} />}
					{o?.what === "remove" && <Remove of={o.of} onDone={() => (close(), void live.reload())} onClose={close} />}
					{o?.what === "still" && <StillYou staff={staff} onDone={() => (close(), void add())} onClose={close} />}
				</div>
			)}
		</Page>
	);
}

/** guess is a first name for this device, for people; it can be changed. */
function guess(names: { phone: string; tablet: string; computer: string }): string {
	const a = navigator.userAgent;
	if (/iPad|Tablet/.test(a)) return names.tablet;
	return /Mobi|Android|iPhone/.test(a) ? names.phone : names.computer;
}

function One({ of: p, onRename, onRemove }: { of: PasskeyView; onRename: () => void; onRemove: () => void }) {
	const w = words();
	return (
		<div data-test="passkey">
			<span class="stretch">
				<b class="break">{p.name}</b>
				<span class="g">{w.passkeyOf(when(p.added_at), p.used_at ? when(p.used_at) : "")}</span>
				{p.synced && (
					<>
						<br />
						<span class="g">{w.passkeySynced}</span>
					</>
				)}
				{p.state === "suspect" && <Notice kind="stop">{w.passkeySuspect}</Notice>}
				<span class="acts">
					<Btn small onPress={onRename} label={`${w.rename} ${p.name}`} test="rename-passkey">
						{w.rename}
					</Btn>
					<Btn small onPress={onRemove} label={`${w.remove} ${p.name}`} test="remove-passkey">
						{w.remove}
					</Btn>
				</span>
			</span>
		</div>
	);
}

function Rename({ of: p, onDone, onClose }: { of: PasskeyView; onDone: () => void; onClose: () => void }) {
	const w = words();
	const typed = useSignal(p.name);
	const save = useAct(async () => {
		await call("PUT /passkeys/{id}", { path: { id: p.id }, match: `"${p.version}"`, body: { name: typed.value.trim() } });
		onDone();
	});
	return (
		<Sheet title={w.passkeyName} open onClose={onClose}>
			<form
				class="stack-l"
				onSubmit={(e) => {
					e.preventDefault();
					if (typed.value.trim()) void save();
				}}
			>
				<Field label={w.passkeyName} value={typed.value} onType={(v) => (typed.value = v)} max={80} said={typed.value.trim() ? "" : w.need.name} test="passkey-name" />
				<Trouble problem={save.problem} />
				<Btn kind="main" wide submit busy={save.busy} test="save-passkey">
					{w.save}
				</Btn>
			</form>
		</Sheet>
	);
}

function Remove({ of: p, onDone, onClose }: { of: PasskeyView; onDone: () => void; onClose: () => void }) {
	const w = words();
	const remove = useAct(async () => {
		await call("DELETE /passkeys/{id}", { path: { id: p.id } });
		onDone();
	});
	return (
		<Sheet title={w.removing(p.name)} open onClose={onClose}>
			<div class="stack">
				<p class="hint">{w.removingHint}</p>
				<Trouble problem={remove.problem} />
				<Btn kind="main" wide busy={remove.busy} onPress={() => void remove()} test="remove-sure">
					{w.remove}
				</Btn>
				<Btn wide onPress={onClose}>
					{w.cancel}
				</Btn>
			</div>
		</Sheet>
	);
}

/** StillYou asks for a code where the session was opened a while ago. */
function StillYou({ staff, onDone, onClose }: { staff: boolean; onDone: () => void; onClose: () => void }) {
	const w = words();
	const s = useSignal({ code: "", sent: staff });
	const ask = useAct(async () => {
		await call("POST /session/code", { body: { purpose: "second-factor" } });
		s.value = { ...s.value, sent: true };
	});
	const confirm = useAct(async () => {
		await call("POST /session/second-factor", { body: { code: s.value.code.trim() } });
		onDone();
	});
	return (
		<Sheet title={w.stillYou} open onClose={onClose} test="still-you">
			<form
				class="stack-l"
				onSubmit={(e) => {
					e.preventDefault();
					void (s.value.sent ? confirm() : ask());
				}}
			>
				<p class="hint">{w.stillYouHint}</p>
				{s.value.sent && <Field label={staff ? w.authenticator : w.code} value={s.value.code} onType={(code) => (s.value = { ...s.value, code })} inputmode="numeric" autocomplete="one-time-code" max={6} test="still-code" />}
				<Trouble problem={ask.problem ?? confirm.problem} />
				<Btn kind="main" wide submit busy={ask.busy || confirm.busy} test="still-go">
					{s.value.sent ? w.confirm : w.go}
				</Btn>
			</form>
		</Sheet>
	);
}

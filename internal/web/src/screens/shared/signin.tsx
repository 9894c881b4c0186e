import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { ProfileIn, SignedIn } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { able, show, suggest } from "../../client/passkey";
import { Failure, fieldSaid } from "../../client/problem";
import { entered, setSize, size, toggleLanguage } from "../../client/session";
import { Btn } from "../../parts/button";
import { Field, Options } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Shell } from "../../parts/shell";
import { language } from "../../words/words";
import { words } from "./words";

type Step = "address" | "code" | "profile" | "staff";

const device = () => navigator.userAgent.replace(/^Mozilla\/[\d.]+ /, "").slice(0, 160);

/** SignInForm signs in; over a screen whose session has ended, or as a page of its own. */
export function SignInForm({ onDone, known, titled = true }: { onDone?: () => void; known?: string; titled?: boolean }) {
	const w = words();
	const s = useSignal({ step: "address" as Step, address: known ?? "", code: "", password: "", name: "", birth: "", sex: "unknown" as ProfileIn["sex"], said: "" });
	const set = (more: Partial<typeof s.value>) => (s.value = { ...s.value, ...more });
	const done = async (answer: SignedIn) => {
		await entered(answer.account);
		if (answer.account.type_size && answer.account.type_size !== "normal") setSize(answer.account.type_size as "large");
		onDone?.();
	};

	const ask = useAct(async () => {
		await call("POST /sign-in/code", { body: { address: s.value.address.trim(), language: language.value } });
		set({ step: "code", code: "" });
	});
	const open = useAct(async () => {
		const v = s.value;
		const profile: ProfileIn | undefined = v.step === "profile" ? { name: v.name.trim(), birth_date: v.birth, sex: v.sex, language: language.value, type_size: size.value } : undefined;
		try {
			await done(await call("POST /sign-in", { body: { address: v.address.trim(), code: v.code.trim(), keep: "cookie", device: device(), profile } }));
		} catch (err) {
			if (err instanceof Failure && err.code === "sign-up-needed" && v.step === "code") {
				set({ step: "profile" });
				return;
			}
			if (err instanceof Failure && /code/.test(err.code) && v.step === "profile") set({ step: "code" });
			throw err;
		}
	});
	const staff = useAct(async () => {
		const v = s.value;
		await done(await call("POST /sign-in/staff", { body: { address: v.address.trim(), password: v.password, code: v.code.trim(), keep: "cookie", device: device() } }));
	});

	// A passkey is offered among what the browser fills in; the button asks for it outright.
	const quiet = useRef<AbortController | undefined>(undefined);
	const refused = useSignal<unknown>(undefined);
	const shown = async (credential: unknown) => done(await call("POST /sign-in/passkey", { body: { credential, keep: "cookie", device: device() } }));
	useEffect(() => {
		const own = (quiet.current = new AbortController());
		void suggest(own.signal, (credential) => shown(credential).catch((err) => void (refused.value = err)));
		return () => own.abort();
	}, []);
	const passkey = useAct(async () => {
		quiet.current?.abort();
		refused.value = undefined;
		const { public_key } = await call("POST /sign-in/passkey/options");
		await shown(await show(public_key));
	});

	const press = (e: Event) => {
		e.preventDefault();
		const v = s.value;
		const said =
			v.address.trim().length < 3 ? w.need.address
			: v.step !== "address" && v.step !== "profile" && !/^\d{6}$/.test(v.code.trim()) ? w.need.code
			: v.step === "staff" && !v.password ? w.need.password
			: v.step === "profile" && !v.name.trim() ? w.need.name
			: v.step === "profile" && !v.birth ? w.need.birth
			: "";
		set({ said });
		if (said) return;
		void (v.step === "address" ? ask() : v.step === "staff" ? staff() : open());
	};
	const v = s.value;
	const to = (step: Step) => () => {
		set({ step, said: "", code: "", password: "" });
		ask.clear();
		open.clear();
		staff.clear();
		passkey.clear();
		refused.value = undefined;
	};
	const problem = v.step === "address" ? ask.problem ?? passkey.problem ?? refused.value : v.step === "staff" ? staff.problem : open.problem;
	const busy = ask.busy || open.busy || staff.busy || passkey.busy;
	const title = { address: w.welcome, code: w.codeTitle, profile: w.signUp, staff: w.staff }[v.step];
	return (
		<form class="stack-l" onSubmit={press} noValidate data-test={`sign-in-${v.step}`}>
			{titled && <Head key={v.step}>{title}</Head>}
			{v.step === "address" && titled && <p class="hint">{w.tag}</p>}
			{(v.step === "address" || v.step === "staff") && (
				<Field label={w.address} hint={v.step === "address" ? w.addressHint : undefined} value={v.address} onType={(address) => set({ address })} autocomplete="username webauthn" inputmode="email" test="address" said={v.said === w.need.address ? v.said : ""} />
			)}
			{v.step === "staff" && <Field label={w.password} type="password" value={v.password} onType={(password) => set({ password })} autocomplete="current-password" test="password" said={v.said === w.need.password ? v.said : ""} />}
			{v.step === "code" && (
				<>
					<p class="hint">{w.sent}</p>
					<Field label={w.code} hint={w.codeHint(v.address)} value={v.code} onType={(code) => set({ code })} autocomplete="one-time-code" inputmode="numeric" max={6} test="code" said={v.said} autofocus />
				</>
			)}
			{v.step === "staff" && <Field label={w.authenticator} value={v.code} onType={(code) => set({ code })} autocomplete="one-time-code" inputmode="numeric" max={6} test="code" said={v.said === w.need.code ? v.said : ""} />}
			{v.step === "profile" && (
				<>
					<p class="hint">{w.signUpHint}</p>
					<Field label={w.name} value={v.name} onType={(name) => set({ name })} autocomplete="name" test="name" said={(v.said === w.need.name ? v.said : "") || fieldSaid(problem, "name")} max={120} />
					<Field label={w.birth} type="date" value={v.birth} onType={(birth) => set({ birth })} autocomplete="bday" test="birth" said={(v.said === w.need.birth ? v.said : "") || fieldSaid(problem, "birth_date")} />
					<Options legend={w.sex} value={v.sex} onPick={(sex) => set({ sex })} of={(["female", "male", "other", "unknown"] as const).map((value) => ({ value, text: w.sexes[value] }))} test="sex" />
					<Options legend={w.size} value={size.value} onPick={setSize} of={(["normal", "large", "largest"] as const).map((value) => ({ value, text: w.sizes[value] }))} />
				</>
			)}
			<Trouble problem={problem} />
			<Btn kind="main" wide submit busy={busy} test="continue">
				{v.step === "address" ? w.go : v.step === "profile" ? w.create : w.enter}
			</Btn>
			<div>
				{v.step === "code" && (
					<div class="acts even">
						<Btn kind="bare" onPress={() => void ask()}>
							{w.again}
						</Btn>
						<Btn kind="bare" onPress={to("address")}>
							{w.other}
						</Btn>
					</div>
				)}
				{v.step === "address" && able() && (
					<Btn wide icon="key-round" busy={passkey.busy} onPress={() => void passkey()} test="by-passkey">
						{w.byPasskey}
					</Btn>
				)}
				{v.step === "address" && (
					<Btn kind="bare" wide onPress={to("staff")} test="as-staff">
						{w.staff}
					</Btn>
				)}
				{v.step === "staff" && (
					<Btn kind="bare" wide onPress={to("address")} test="as-patient">
						{w.patient}
					</Btn>
				)}
			</div>
			{v.step === "code" && location.hostname === "localhost" && (
				<Notice>
					{w.demo}{" "}
					<a href="/outbox" target="_blank" rel="noopener">
						{w.outbox}
					</a>
				</Notice>
			)}
		</form>
	);
}

/** The page that nobody is signed in on. */
export default function SignIn() {
	const w = words();
	return (
		<Shell tabs={[]}>
			<Page
				title={w.signIn}
				top={
					<header class="top">
						<span class="who">
							<img src="/icon.svg" width="38" height="38" alt="" />
							<b>housecall</b>
						</span>
						<Btn kind="bare" icon="a-large-small" onPress={() => setSize(size.value === "normal" ? "large" : "normal")} test="elder">
							{size.value === "normal" ? w.large : w.normal}
						</Btn>
						<Btn kind="bare" icon="languages" onPress={toggleLanguage} test="language">
							<span lang={language.value === "zh" ? "en" : "zh-CN"}>{language.value === "zh" ? "English" : "中文"}</span>
						</Btn>
					</header>
				}
			>
				<SignInForm />
				<section>
					<Notice kind="stop">{w.emergency}</Notice>
				</section>
			</Page>
		</Shell>
	);
}

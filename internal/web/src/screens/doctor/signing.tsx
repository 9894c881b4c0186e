import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { PrescriptionView, SigningView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { able, show } from "../../client/passkey";
import { Failure } from "../../client/problem";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { date, inTongue } from "../../words/say";
import { language } from "../../words/words";
import { medicine } from "../../words/medicine";
import { words } from "./words";

/** reasonOf is why a warning was gone over, as it stands on the paper. */
function reasonOf(p: PrescriptionView, finding: string): string {
	const r = (p.reasons ?? []).find((x) => x.finding === finding);
	const codes = words().reasons as Record<string, string>;
	return [r?.code && (codes[r.code] ?? r.code), r?.words].filter(Boolean).join(". ");
}

/** Signing shows the page exactly as it will print; the code signs that and nothing else. */
export function Signing({ id, onClose, onSigned }: { id: string; onClose: () => void; onSigned: () => void }) {
	const w = words();
	const page = useSignal<SigningView | undefined>(undefined);
	const code = useSignal("");
	const shown = useRef<unknown>(undefined); // until the server has answered: the doctor is asked once
	const begin = useAct(async (key) => void (page.value = await call("POST /signings", { key, body: { prescriptions: [id] } })));
	const sign = useAct(async (key) => {
		try {
			await call("POST /signings/{id}/confirm", { key, path: { id: page.value?.id ?? "" }, body: { code: code.value } });
		} finally {
			code.value = "";
		}
		onSigned();
	});
	const passkeys = useLive("passkeys", () => call("GET /passkeys"), (e) => e.kind.startsWith("passkey."));
	const byPasskey = useAct(async (key) => {
		const path = { id: page.value?.id ?? "" };
		shown.current ??= await show((await call("POST /signings/{id}/passkey", { path })).public_key);
		try {
			await call("POST /signings/{id}/confirm", { key, path, body: { passkey: shown.current } });
		} catch (err) {
			if (err instanceof Failure && !err.away && err.status < 500) shown.current = undefined; // it was used up
			throw err;
		}
		onSigned();
	});
	useEffect(() => void begin(), []);
	const said = byPasskey.problem ?? sign.problem;
	const changed = said instanceof Failure && said.changed && !/passkey/.test(said.code);
	const has = able() && (passkeys.data?.items ?? []).some((k) => k.state === "active");
	const p = page.value?.prescriptions[0];
	const sheet = page.value?.sheets[0];
	return (
		<Sheet title={w.review} open onClose={onClose} test="signing">
			<div class="stack-l">
				<Trouble problem={begin.problem} />
				{p && (
					<article class="paper-sheet">
						<header>
							<h3>{w.paperTitle}</h3>
							<p class="sub num">{date(Date.now())}</p>
						</header>
						<dl>
							<div>
								<dt>{w.patientWord}</dt>
								<dd>{p.patient_name}</dd>
							</div>
							{p.born && (
								<div>
									<dt>{w.bornWord}</dt>
									<dd class="num">{date(p.born)}</dd>
								</div>
							)}
						</dl>
						<ol>
							{p.items.map((i) => (
								<li key={i.product}>
									<b>{medicine(i.product)}</b>
									<p>{language.value === "zh" ? i.sentence.zh : i.sentence.en}</p>
									<p class="num qty">{language.value === "zh" ? i.quantity.text.zh : i.quantity.text.en}</p>
								</li>
							))}
						</ol>
						<footer>
						{(p.findings ?? [])
							.filter((f) => f.severity !== "info")
							.map((f) => (
								<p key={f.id} class="sub">
									{w.severity[f.severity]}: {inTongue(f.why, f.why_zh)} {reasonOf(p, f.id)}
								</p>
							))}
						{p.valid_until && <p class="sub num">{w.validUntil(date(p.valid_until))}</p>}
						{sheet && <p class="num">{w.fingerprint(sheet.fingerprint)}</p>}
						</footer>
					</article>
				)}
				<p class="sub">{w.signHint}</p>
				{changed ? (
					<Notice kind="stop" live>
						{w.changed}
					</Notice>
				) : (
					<>
					<Trouble problem={said} />
					{has && (
						<Btn kind="main" wide icon="key-round" busy={byPasskey.busy || sign.busy} off={!p} onPress={() => void byPasskey()} test="sign-by-passkey">
							{w.signByPasskey(p?.items.length ?? 0)}
						</Btn>
					)}
					<form
						class="signline"
						onSubmit={(e) => {
							e.preventDefault();
							void sign();
						}}
					>
						<Field label={w.code} value={code.value} onType={(v) => (code.value = v.replace(/\D/g, "").slice(0, 6))} inputmode="numeric" autocomplete="one-time-code" max={6} test="sign-code" />
						<Btn kind={has ? "more" : "main"} wide submit icon="signature" busy={sign.busy || byPasskey.busy} off={!p || code.value.length < 6} test="sign">
							{w.signNow(p?.items.length ?? 0)}
						</Btn>
					</form>
					</>
				)}
			</div>
		</Sheet>
	);
}

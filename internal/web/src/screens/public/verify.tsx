import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { VerifyView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { check, gather, signingKeys, Unread, type Verdict } from "../../client/paper";
import { Failure } from "../../client/problem";
import { Btn } from "../../parts/button";
import { ReadCode } from "../../parts/camera";
import { Area } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Shell } from "../../parts/shell";
import { date } from "../../words/say";
import { words as orderWords } from "../patient/order-words";
import { words } from "./words";

const fingerprint = /^[0-9A-F]{4}(-[0-9A-F]{4}){2}$/i;

/** Verify tells anybody whether a paper is genuine, on the device alone, and what became of it, on line: nothing of whom it is for. */
export default function Verify() {
	const w = orderWords().verify;
	const x = words().verify;
	const text = useSignal(location.hash.slice(1) ? decodeURIComponent(location.hash.slice(1)) : "");
	const said = useSignal("");
	const here = useSignal<Verdict | undefined>(undefined);
	const known = useSignal<VerifyView["state"] | undefined>(undefined);
	const away = useSignal(false);
	useEffect(() => void signingKeys(), []); // so that they are there when the network is not
	const ask = useAct(async () => {
		here.value = known.value = undefined;
		away.value = false;
		const typed = text.value.trim();
		if (!fingerprint.test(typed)) here.value = await check(gather(typed), await signingKeys(), Date.now());
		try {
			known.value = (await call("POST /verify", { body: { code: typed } })).state;
		} catch (err) {
			if (!(err instanceof Failure && err.away && here.value)) throw err;
			away.value = true; // what the device can tell stands
		}
	});
	const wrong = (err: unknown): string => {
		if (!(err instanceof Unread)) return "";
		return err.why === "missing" ? x.missing(err.part, err.of) : err.why === "mixed" ? x.mixed : err.why === "cut" ? x.cut : x.none;
	};
	const scanned = (one: string): boolean => {
		if (!text.value.includes(one)) text.value = [text.value.trim(), one].filter(Boolean).join("\n");
		try {
			gather(text.value);
			said.value = "";
			void ask();
			return true;
		} catch (err) {
			if (err instanceof Unread && err.why !== "missing") text.value = one; // another paper: begin anew
			said.value = wrong(err);
			return false;
		}
	};
	const kind = { valid: "ok", dispensed: "info", expired: "warn", cancelled: "stop", forged: "stop" } as const;
	const unread = wrong(ask.problem);
	return (
		<Shell tabs={[]}>
			<Page title={w.title}>
				<form
					class="stack-l"
					onSubmit={(e) => {
						e.preventDefault();
						if (text.value.trim()) void ask();
					}}
					data-test="verify"
				>
					<Head>{w.title}</Head>
					<p class="hint">{w.hint}</p>
					<ReadCode label={x.scan} formats={["qr_code"]} onRead={scanned} said={said.value} test="scan-paper" />
					<Area label={w.label} value={text.value} onType={(v) => (text.value = v)} rows={5} max={40000} said={unread} test="paper-code" />
					{!unread && <Trouble problem={ask.problem} />}
					{known.value ? (
						<Notice kind={kind[known.value]} live test={`paper-${known.value}`}>
							<b>{w.states[known.value]}</b>
							{here.value && here.value.state !== "forged" && x.until(date(here.value.until))}
						</Notice>
					) : (
						here.value && away.value && <Here of={here.value} />
					)}
					<Btn kind="main" wide submit busy={ask.busy} test="check-paper">
						{w.check}
					</Btn>
				</form>
			</Page>
		</Shell>
	);
}

/** Here is what the device alone can tell. */
function Here({ of }: { of: Verdict }) {
	const x = words().verify;
	if (of.state === "forged")
		return (
			<Notice kind="stop" live test="here-forged">
				<b>{x.forged}</b>
			</Notice>
		);
	return (
		<Notice kind={of.state === "genuine" ? "ok" : "warn"} live test={`here-${of.state}`}>
			<b>{of.state === "genuine" ? x.genuine(date(of.until)) : x.expired(date(of.until))}</b>
			{x.onlineOnly}
		</Notice>
	);
}

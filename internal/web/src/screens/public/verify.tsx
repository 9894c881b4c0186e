import { useSignal } from "@preact/signals";

import type { VerifyView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { Btn } from "../../parts/button";
import { Area } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Shell } from "../../parts/shell";
import { words } from "../patient/order-words";

/** Verify tells anybody what became of a prescription on paper: nothing of whom it is for. */
export default function Verify() {
	const w = words().verify;
	const text = useSignal(location.hash.slice(1) ? decodeURIComponent(location.hash.slice(1)) : "");
	const found = useSignal<VerifyView["state"] | undefined>(undefined);
	const ask = useAct(async () => {
		found.value = undefined;
		found.value = (await call("POST /verify", { body: { code: text.value.trim() } })).state;
	});
	const kind = { valid: "ok", dispensed: "info", expired: "warn", cancelled: "stop", forged: "stop" } as const;
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
					<Area label={w.label} value={text.value} onType={(v) => (text.value = v)} rows={5} max={8000} test="paper-code" />
					<Trouble problem={ask.problem} />
					{found.value && (
						<Notice kind={kind[found.value]} live test={`paper-${found.value}`}>
							<b>{w.states[found.value]}</b>
						</Notice>
					)}
					<Btn kind="main" wide submit busy={ask.busy} test="check-paper">
						{w.check}
					</Btn>
				</form>
			</Page>
		</Shell>
	);
}

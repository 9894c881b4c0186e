import { useSignal } from "@preact/signals";

import type { LookView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Empty, Line, Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { when } from "../../words/say";
import { words } from "./more-words";
import { Top } from "./people";

/** Who looked at the record: who, when, at what. */
export default function Access({ person }: { person: string }) {
	const w = words().access;
	const live = useLive(`access ${person}`, () => call("GET /patients/{id}/access", { path: { id: person }, query: { limit: 50 } }), () => true, 60_000);
	const older = useSignal<LookView[]>([]);
	const next = useSignal<string | undefined>(undefined);
	const problem = useSignal<unknown>(undefined);
	const more = async () => {
		try {
			const page = await call("GET /patients/{id}/access", { path: { id: person }, query: { limit: 50, cursor: next.value ?? live.data?.next } });
			older.value = [...older.value, ...page.items];
			next.value = page.next ?? "";
		} catch (err) {
			problem.value = err;
		}
	};
	const last = next.value ?? live.data?.next;
	return (
		<Page title={w.title} of={live} top={<Top person={person} />}>
			{(d) => (
				<div data-test="access">
					<Head>{w.title}</Head>
					<p class="hint">{w.hint}</p>
					<section>
						{d.items.length === 0 && (
							<Empty drawing="door">
								<p>{w.empty}</p>
							</Empty>
						)}
						<Lines>
							{[...d.items, ...older.value].map((l, n) => (
								<Line key={`${l.at}${n}`} icon={l.own ? "user" : l.role === "doctor" ? "stethoscope" : l.role?.startsWith("pharm") ? "store" : "eye"} title={l.own ? w.you : l.name || w.roles[l.role ?? ""] || ""} sub={`${w.acts[l.action.split(".")[0] ?? ""] ?? w.something}${l.own || !l.name || !w.roles[l.role ?? ""] ? "" : ` · ${w.roles[l.role ?? ""]}`}`} end={when(l.at)} />
							))}
						</Lines>
						<Trouble problem={problem.value} />
						{last && (
							<Btn wide onPress={() => void more()}>
								{w.more}
							</Btn>
						)}
					</section>
				</div>
			)}
		</Page>
	);
}

import { useSignal } from "@preact/signals";

import type { PlaceView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Empty } from "../../parts/list";
import { Icon } from "../../parts/icon";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { AddressForm, addressLine } from "./address";
import { words } from "./more-words";
import { Top } from "./people";

/** The address book of one person. */
export default function Book({ person }: { person: string }) {
	const w = words().me;
	const live = useLive(`book ${person}`, () => call("GET /patients/{id}/addresses", { path: { id: person } }));
	const open = useSignal<PlaceView | "new" | undefined>(undefined);
	const remove = useAct(async (key, id: string) => {
		await call("POST /addresses/{id}/remove", { key, path: { id } });
		await live.reload();
	});
	const done = () => {
		open.value = undefined;
		void live.reload();
	};
	return (
		<Page title={w.book} of={live} top={<Top person={person} />}>
			{(d) => (
				<div class="stack-l" data-test="book">
					<Head>{w.book}</Head>
					{d.items.length === 0 && (
						<Empty drawing="door">
							<p>{w.emptyBook}</p>
						</Empty>
					)}
					<ul class="rows">
						{d.items.map((p) => (
							<li key={p.id}>
								<Icon name="map-pin" />
								<span class="stretch">
									<b>{p.label || p.street}</b>
									<span class="g">{addressLine(p)}</span>
								</span>
								<span class="end pairbtn">
									<Btn small onPress={() => (open.value = p)}>
										{w.edit}
									</Btn>
									<Btn small busy={remove.busy} onPress={() => void remove(p.id)}>
										{w.remove}
									</Btn>
								</span>
							</li>
						))}
					</ul>
					<Trouble problem={remove.problem} />
					<Btn wide icon="plus" onPress={() => (open.value = "new")} test="add-address">
						{w.add}
					</Btn>
					<Sheet title={w.add} open={!!open.value} onClose={() => (open.value = undefined)}>
						<AddressForm patient={person} place={open.value === "new" ? undefined : open.value} onDone={done} />
					</Sheet>
				</div>
			)}
		</Page>
	);
}

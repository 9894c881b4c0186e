import { useSignal } from "@preact/signals";

import type { PlaceBody, PlaceView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { fieldSaid } from "../../client/problem";
import { Btn } from "../../parts/button";
import { Field, Said } from "../../parts/field";
import { Notice, Trouble } from "../../parts/notice";
import { words as intakeWords } from "./intake-words";
import { PlacePick } from "./intake-steps";
import { words } from "./order-words";

/** AddressForm writes a place into the book: street, entrance, floor, door, who receives. */
export function AddressForm({ patient, place, onDone }: { patient: string; place?: PlaceView; onDone: (p: PlaceView) => void }) {
	const w = words().choose;
	const v = useSignal<Partial<PlaceBody>>(place ? { ...place } : {});
	const said = useSignal(false);
	const set = (more: Partial<PlaceBody>) => (v.value = { ...v.value, ...more });
	const save = useAct(async (key) => {
		const { street, entrance, floor, flat, receiver, note, label, point } = v.value;
		const body = { street, entrance, floor, flat, receiver, note, label, point } as PlaceBody;
		if (!place) return onDone(await call("POST /patients/{id}/addresses", { key, path: { id: patient }, body }));
		const now = await versioned("GET /addresses/{id}", { path: { id: place.id } });
		onDone(await call("PUT /addresses/{id}", { path: { id: place.id }, match: now.tag, body }));
	});
	const f = (name: "street" | "entrance" | "floor" | "flat" | "receiver" | "note" | "label", label: string, auto?: string) => <Field label={label} value={v.value[name] ?? ""} onType={(x) => set({ [name]: x })} autocomplete={auto} max={name === "note" ? 300 : 120} said={fieldSaid(save.problem, name)} test={name} />;
	const press = () => {
		said.value = true;
		if (v.value.street?.trim() && v.value.point) void save();
	};
	return (
		<div class="stack-l" data-test="address-form">
			{f("street", w.street, "street-address")}
			<PlacePick patient="" at={v.value.point} onPick={(point) => set({ point })} label={intakeWords().where.mapLabel} />
			{v.value.point && (
				<Notice kind="ok" live test="pinned">
					{w.pinned}
				</Notice>
			)}
			<div class="opts">
				{f("entrance", w.entrance)}
				{f("floor", w.floor)}
				{f("flat", w.flat)}
			</div>
			{f("receiver", w.receiver, "name")}
			{f("note", w.note)}
			{f("label", w.label)}
			<Said text={said.value && !(v.value.street?.trim() && v.value.point) ? (v.value.point ? w.needLine : w.needStreet) : ""} />
			<Trouble problem={save.problem} />
			<Btn kind="main" wide busy={save.busy} onPress={press} test="save-address">
				{w.use}
			</Btn>
		</div>
	);
}

/** lineOf is a place in one line. */
export function addressLine(p: { street?: string; text?: string; entrance?: string; floor?: string; flat?: string; door?: string }): string {
	return [p.street ?? p.text, p.entrance, p.floor, p.flat ?? p.door].filter(Boolean).join(", ");
}

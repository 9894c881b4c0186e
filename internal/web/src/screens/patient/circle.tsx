import { useSignal } from "@preact/signals";

import type { GrantView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { fieldSaid } from "../../client/problem";
import { language } from "../../words/words";
import { Btn } from "../../parts/button";
import { Field, Options, Said } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Line, Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { date } from "../../words/say";
import { me } from "../../client/session";
import { type Known, nameOf, usePeople } from "./people";
import { words } from "./more-words";

interface Loaded {
	invitations: GrantView[];
	/** Who may act for each person that is mine to grant for. */
	given: Record<string, GrantView[]>;
}

const scopes = ["see", "book", "attend", "pay", "receive"] as const;
type Scope = (typeof scopes)[number];

/** The care circle: whom I act for, who acts for me and mine, with what rights, until when; ended at once. */
export default function Circle() {
	const w = words().circle;
	const people = usePeople();
	const mine = (people.data ?? []).filter((k) => k.kind !== "helped");
	const live = useLive<Loaded>(`circle ${mine.map((k) => k.id).join()}`, async () => {
		const given: Loaded["given"] = {};
		await Promise.all(mine.map(async (k) => (given[k.id] = (await call("GET /patients/{id}/grants", { path: { id: k.id } })).items)));
		return { invitations: (await call("GET /grants")).invitations, given };
	});
	const open = useSignal<{ what: "" | "give" | "child" | "end"; patient?: string; grant?: GrantView }>({ what: "" });
	const close = () => (open.value = { what: "" });
	const reload = async () => {
		await people.reload();
		await live.reload();
	};
	const answer = useAct(async (key, id: string, yes: boolean) => {
		if (yes) await call("POST /grants/{id}/accept", { key, path: { id } });
		else await call("POST /grants/{id}/decline", { key, path: { id } });
		await reload();
	});
	const end = useAct(async (key, id: string) => {
		await call("POST /grants/{id}/revoke", { key, path: { id } });
		close();
		await reload();
	});
	const may = (g: GrantView) => g.scopes.map((s) => w.scopes[s] ?? s).join(language.value === "zh" ? "、" : ", ");
	const until = (g: GrantView) => (g.until ? w.until(date(g.until)) : w.forever);
	return (
		<Page title={w.title} of={live} up="/">
			{(d) => (
				<div class="stack-l" data-test="circle">
					<Head>{w.title}</Head>
					<Trouble problem={answer.problem} />
					{d.invitations.map((g) => (
						<div class="card stack" key={g.id} data-test="invitation">
							<p>{w.invitation(may(g))}</p>
							<div class="acts even">
								<Btn kind="main" busy={answer.busy} onPress={() => void answer(g.id, true)} test="accept-grant">
									{w.accept}
								</Btn>
								<Btn busy={answer.busy} onPress={() => void answer(g.id, false)}>
									{w.decline}
								</Btn>
							</div>
						</div>
					))}
					<section>
						<h2>{w.iHelp}</h2>
						<Lines>
							{(people.data ?? []).map((k) => (
								<Line key={k.id} to={`/for/${k.id}`} icon="user" title={nameOf(k)} sub={k.grant ? `${may(k.grant)}${language.value === "zh" ? "，" : ", "}${until(k.grant)}` : k.kind === "child" ? w.child : undefined} />
							))}
							<Line icon="plus" title={w.addChild} onPress={() => (open.value = { what: "child" })} test="add-child" />
						</Lines>
					</section>
					{mine.map((k) => {
						const list = (d.given[k.id] ?? []).filter((g) => g.state === "active" || g.state === "invited");
						return (
							<section key={k.id}>
								<h2>{k.kind === "self" ? w.helpMeOwn : w.helpMe(nameOf(k))}</h2>
								<ul class="rows">
									{list.map((g) => (
										<li key={g.id} data-test="grant" data-state={g.state}>
											<Icon name="users" />
											<span class="stretch">
												<b>{g.label || g.address?.text || w.somebody}</b>
												<span class="g">
													{may(g)}
													<br />
													{g.state === "invited" ? w.invited : until(g)}
												</span>
											</span>
											{!(g.guardian && g.holder === me.value?.id) && (
												<span class="end">
													<Btn small onPress={() => (open.value = { what: "end", grant: g })} test="end-grant" label={`${w.end}: ${g.label ?? ""}`}>
														{w.end}
													</Btn>
												</span>
											)}
										</li>
									))}
								</ul>
								<Btn wide icon="user-plus" onPress={() => (open.value = { what: "give", patient: k.id })} test="give-grant">
									{w.add}
								</Btn>
							</section>
						);
					})}
					{open.value.what === "give" && open.value.patient && <Give patient={open.value.patient} onClose={close} onDone={reload} />}
					{open.value.what === "child" && <Child onClose={close} onDone={reload} />}
					<Sheet title={w.endSure(open.value.grant?.label || w.somebody)} open={open.value.what === "end"} onClose={close}>
						<div class="stack">
							<p class="sub">{w.endHint}</p>
							<Trouble problem={end.problem} />
							<Btn kind="main" wide busy={end.busy} onPress={() => void end(open.value.grant?.id ?? "")} test="sure">
								{w.end}
							</Btn>
						</div>
					</Sheet>
				</div>
			)}
		</Page>
	);
}

function Give({ patient, onClose, onDone }: { patient: string; onClose: () => void; onDone: () => Promise<void> }) {
	const w = words().circle;
	const s = useSignal<{ address: string; label: string; scopes: Scope[]; until: "always" | "month" | "day"; tried: boolean }>({ address: "", label: "", scopes: ["see", "book", "attend"], until: "always", tried: false });
	const set = (more: Partial<typeof s.value>) => (s.value = { ...s.value, ...more });
	const give = useAct(async (key) => {
		const v = s.value;
		const days = { always: 0, month: 30, day: 1 }[v.until];
		await call("POST /patients/{id}/grants", { key, path: { id: patient }, body: { address: v.address.trim(), label: v.label.trim() || undefined, scopes: v.scopes, until: days ? new Date(Math.floor(Date.now() / 60_000) * 60_000 + days * 86_400_000).toISOString() : undefined } });
		onClose();
		await onDone();
	});
	return (
		<Sheet title={w.add} open onClose={onClose}>
			<form
				class="stack-l"
				onSubmit={(e) => {
					e.preventDefault();
					set({ tried: true });
					if (s.value.scopes.length > 0 && s.value.address.trim()) void give();
				}}
			>
				<Field label={w.address} value={s.value.address} onType={(address) => set({ address })} inputmode="email" said={fieldSaid(give.problem, "address")} test="helper" />
				<Field label={w.call} value={s.value.label} onType={(label) => set({ label })} max={80} test="helper-label" />
				<Options legend={w.may} many one value={s.value.scopes} onPick={(v) => set({ scopes: v })} of={scopes.map((value) => ({ value, text: w.scopes[value], sub: w.scopeHints[value] }))} said={s.value.tried && s.value.scopes.length === 0 ? w.needScope : ""} test="scope" />
				<Options legend={w.how} value={s.value.until} onPick={(until) => set({ until })} of={(["always", "month", "day"] as const).map((value) => ({ value, text: w.untils[value] }))} />
				<Trouble problem={give.problem} />
				<Said text="" />
				<Btn kind="main" wide submit busy={give.busy} test="invite-helper">
					{w.give}
				</Btn>
			</form>
		</Sheet>
	);
}

function Child({ onClose, onDone }: { onClose: () => void; onDone: () => Promise<void> }) {
	const w = words().circle;
	const s = useSignal({ name: "", birth_date: "", sex: "unknown" as "female" });
	const set = (more: Partial<typeof s.value>) => (s.value = { ...s.value, ...more });
	const add = useAct(async (key) => {
		await call("POST /patients", { key, body: { ...s.value, name: s.value.name.trim(), language: language.value } });
		onClose();
		await onDone();
	});
	return (
		<Sheet title={w.addChild} open onClose={onClose}>
			<form
				class="stack-l"
				onSubmit={(e) => {
					e.preventDefault();
					if (s.value.name.trim() && s.value.birth_date) void add();
				}}
			>
				<Field label={w.name} value={s.value.name} onType={(name) => set({ name })} said={fieldSaid(add.problem, "name")} max={120} test="child-name" />
				<Field label={w.born} type="date" value={s.value.birth_date} onType={(birth_date) => set({ birth_date })} said={fieldSaid(add.problem, "birth_date")} test="child-born" />
				<Options legend={w.sex} value={s.value.sex} onPick={(sex) => set({ sex })} of={(["female", "male", "other", "unknown"] as const).map((value) => ({ value: value as "female", text: w.sexes[value] }))} />
				<Trouble problem={add.problem} />
				<Btn kind="main" wide submit busy={add.busy} test="save-child">
					{w.save}
				</Btn>
			</form>
		</Sheet>
	);
}

export type { Known };

import { useSignal } from "@preact/signals";

import type { StockView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call, versioned } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn, Go } from "../../parts/button";
import { Field } from "../../parts/field";
import { Empty, Line, Lines } from "../../parts/list";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { date, money } from "../../words/say";
import { medicine } from "../../words/medicine";
import { counter } from "./place";
import { words } from "./words";

/** plain is a text as it is typed: a medicine's figure and unit are held together by a space that no keyboard has. */
const plain = (text: string) => text.replace(/\u00a0/g, " ").trim().toLowerCase();

/** Stock: what is on the shelf, what of it is promised, taking delivery, counting, and files. */
export default function Stock() {
	const w = words();
	const id = counter();
	const stock = useLive(`stock ${id}`, async () => all(id), (e) => e.kind.startsWith("stock.") || e.kind.startsWith("fill."));
	const find = useSignal("");
	const open = useSignal<"" | "receive" | "import" | "recall" | StockView>("");
	const close = () => {
		open.value = "";
		void stock.reload();
	};
	return (
		<Page title={w.stock} of={stock} plain wide>
			{(items) => (
				<>
					<Head>{w.stock}</Head>
					<section class="stack">
						<div class="acts-row">
							<Btn kind="main" icon="plus" onPress={() => (open.value = "receive")} test="receive">
								{w.receive}
							</Btn>
							<Btn icon="file-text" onPress={() => (open.value = "import")} test="import">
								{w.import}
							</Btn>
							<Go icon="download" to={`/api/v1/pharmacies/${id}/stock/export`} download>
								{w.export}
							</Go>
							<Btn icon="undo-2" onPress={() => (open.value = "recall")} test="recall">
								{w.recall}
							</Btn>
						</div>
						<Field label={w.searchStock} type="search" value={find.value} onType={(v) => (find.value = v)} test="find" />
					</section>
					{items.length === 0 && (
						<Empty drawing="bag">
							<p>{w.emptyStock}</p>
						</Empty>
					)}
					<section>
						<Lines label={w.stock}>
							{items
								.filter((s) => plain(medicine(s.product)).includes(plain(find.value)))
								.map((s) => (
									<Line key={s.id} title={medicine(s.product)} sub={s.batches.map((b) => `${b.batch} · ${date(b.expiry)} · ${b.units}`).join("; ")} end={`${money(s.price)}${s.held ? ` · ${w.held(s.held)}` : ""}`} onPress={() => (open.value = s)} test="stock-line" />
								))}
						</Lines>
					</section>
					{open.value === "receive" && <Receive id={id} onClose={close} />}
					{open.value === "import" && <Import id={id} onClose={close} />}
					{open.value === "recall" && <Recall onClose={close} />}
					{typeof open.value === "object" && <Count of={open.value} onClose={close} />}
				</>
			)}
		</Page>
	);
}

async function all(id: string): Promise<StockView[]> {
	const out: StockView[] = [];
	let cursor: string | undefined;
	do {
		const page = await call("GET /pharmacies/{id}/stock", { path: { id }, query: { limit: 200, ...(cursor ? { cursor } : {}) } });
		out.push(...page.items);
		cursor = page.next;
	} while (cursor && out.length < 5000);
	return out;
}

function minor(text: string): number {
	return Math.round(Number(text.replace(",", ".")) * 100);
}

function Receive({ id, onClose }: { id: string; onClose: () => void }) {
	const w = words();
	const place = useLive(`pharmacy ${id}`, () => call("GET /pharmacies/{id}", { path: { id } }), () => false);
	const s = useSignal({ product: "", batch: "", expiry: "", units: "", pack: "", price: "" });
	const set = (more: Partial<typeof s.value>) => (s.value = { ...s.value, ...more });
	const take = useAct(async (key) => {
		const v = s.value;
		await call("POST /pharmacies/{id}/stock", {
			key,
			path: { id },
			body: { product: v.product.trim(), pack_units: Number(v.pack), price: { minor: minor(v.price), currency: place.data?.currency ?? "" }, batch: { batch: v.batch.trim(), expiry: v.expiry, units: Number(v.units) } },
		});
		onClose();
	});
	return (
		<Sheet title={w.receive} open onClose={onClose}>
			<form
				class="stack-l"
				onSubmit={(e) => {
					e.preventDefault();
					void take();
				}}
			>
				<Field label={w.product} value={s.value.product} onType={(product) => set({ product })} test="stock-product" />
				<Field label={w.batch} value={s.value.batch} onType={(batch) => set({ batch })} test="stock-batch" />
				<Field label={w.expiry} type="date" value={s.value.expiry} onType={(expiry) => set({ expiry })} test="stock-expiry" />
				<Field label={w.units} type="number" value={s.value.units} onType={(units) => set({ units })} test="stock-units" />
				<Field label={w.packUnits} type="number" value={s.value.pack} onType={(pack) => set({ pack })} test="stock-pack" />
				<Field label={w.price} inputmode="decimal" value={s.value.price} onType={(price) => set({ price })} test="stock-price" />
				<Trouble problem={take.problem ?? place.problem} />
				<Btn kind="main" wide submit busy={take.busy} test="stock-take">
					{w.receive}
				</Btn>
			</form>
		</Sheet>
	);
}

function Count({ of, onClose }: { of: StockView; onClose: () => void }) {
	const w = words();
	const batches = useSignal(of.batches);
	const price = useSignal(String(of.price.minor / 100));
	const save = useAct(async () => {
		const now = await versioned("GET /stock/{id}", { path: { id: of.id } });
		await call("PUT /stock/{id}", { path: { id: of.id }, match: now.tag, body: { pack_units: of.pack_units, price: { ...of.price, minor: minor(price.value) }, batches: batches.value } });
		onClose();
	});
	return (
		<Sheet title={medicine(of.product)} open onClose={onClose}>
			<div class="stack-l">
				{batches.value.map((b, n) => (
					<Field key={b.batch} label={`${b.batch} · ${date(b.expiry)}`} type="number" value={String(b.units)} onType={(v) => (batches.value = batches.value.map((x, m) => (m === n ? { ...x, units: Number(v) || 0 } : x)))} />
				))}
				<Field label={w.price} inputmode="decimal" value={price.value} onType={(v) => (price.value = v)} />
				<Trouble problem={save.problem} />
				<Btn kind="main" wide busy={save.busy} onPress={() => void save()}>
					{w.save}
				</Btn>
			</div>
		</Sheet>
	);
}

function Import({ id, onClose }: { id: string; onClose: () => void }) {
	const w = words();
	const done = useSignal("");
	const take = useAct(async (key, text: string) => {
		const r = await call("POST /pharmacies/{id}/stock/import", { key, path: { id }, body: text, file: "text/csv" });
		done.value = w.imported(r.products, r.batches);
	});
	return (
		<Sheet title={w.import} open onClose={onClose}>
			<div class="stack-l">
				<p class="sub">{w.importHint}</p>
				<label class="btn more wide">
					{w.import}
					<input class="sr" type="file" accept=".csv,text/csv" onChange={(e) => void e.currentTarget.files?.[0]?.text().then((t) => take(t))} />
				</label>
				{done.value && <Notice kind="ok" live>{done.value}</Notice>}
				<Trouble problem={take.problem} />
			</div>
		</Sheet>
	);
}

function Recall({ onClose }: { onClose: () => void }) {
	const w = words();
	const s = useSignal({ product: "", batch: "" });
	const found = useSignal<{ order: string; units: number; packed_at: string; state: string }[] | undefined>(undefined);
	const find = useAct(async () => {
		found.value = (await call("GET /recalls", { query: { product: s.value.product.trim(), batch: s.value.batch.trim() } })).items;
	});
	return (
		<Sheet title={w.recall} open onClose={onClose}>
			<div class="stack-l">
				<p class="sub">{w.recallHint}</p>
				<Field label={w.product} value={s.value.product} onType={(product) => (s.value = { ...s.value, product })} />
				<Field label={w.batch} value={s.value.batch} onType={(batch) => (s.value = { ...s.value, batch })} />
				<Trouble problem={find.problem} />
				<Btn kind="main" wide busy={find.busy} onPress={() => void find()}>
					{w.find}
				</Btn>
				{found.value?.length === 0 && <Notice>{w.nobody}</Notice>}
				<Lines>
					{(found.value ?? []).map((r) => (
						<Line key={r.order} title={r.order} sub={date(r.packed_at)} end={String(r.units)} />
					))}
				</Lines>
			</div>
		</Sheet>
	);
}

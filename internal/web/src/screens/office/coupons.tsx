import { useSignal } from "@preact/signals";

import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Btn } from "../../parts/button";
import { Field } from "../../parts/field";
import { Empty, Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { date, money } from "../../words/say";
import { words } from "./words";

/** Coupons: on fees only, never on medicine. */
export default function Coupons() {
	const w = words();
	const list = useLive("coupons", () => call("GET /coupons", { query: { limit: 100 } }));
	const open = useSignal(false);
	const s = useSignal({ code: "", percent: "100", limit: "100", each: "1", until: "" });
	const set = (more: Partial<typeof s.value>) => (s.value = { ...s.value, ...more });
	const make = useAct(async (key) => {
		const v = s.value;
		await call("POST /coupons", { key, body: { code: v.code.trim(), percent: Number(v.percent), limit: Number(v.limit), per_person: Number(v.each), ...(v.until ? { until: new Date(v.until).toISOString() } : {}) } });
		open.value = false;
		await list.reload();
	});
	const end = useAct(async (key, id: string) => {
		await call("POST /coupons/{id}/end", { key, path: { id } });
		await list.reload();
	});
	return (
		<Page title={w.coupons} of={list} plain>
			{({ items }) => (
				<>
					<Head>{w.coupons}</Head>
					<section class="stack">
						<Btn kind="main" icon="plus" onPress={() => (open.value = true)} test="new-coupon">
							{w.newCoupon}
						</Btn>
						<Trouble problem={end.problem} />
						{items.length === 0 && (
							<Empty>
								<p>{w.noCoupons}</p>
							</Empty>
						)}
						<Lines>
							{items.map((c) => (
								<div key={c.id} class="line">
									<span class="stretch">
										<b>{c.code}</b>
										<span class="g num">{[c.percent ? `${c.percent}%` : c.amount && money(c.amount), w.used(c.used, c.limit), c.until && w.until(date(c.until))].filter(Boolean).join(" · ")}</span>
									</span>
									{c.ended_at ? (
										<span class="sub">{w.ended}</span>
									) : (
										<Btn small busy={end.busy} onPress={() => void end(c.id)}>
											{w.end}
										</Btn>
									)}
								</div>
							))}
						</Lines>
					</section>
					<Sheet title={w.newCoupon} open={open.value} onClose={() => (open.value = false)}>
						<form
							class="stack-l"
							onSubmit={(e) => {
								e.preventDefault();
								void make();
							}}
						>
							<Field label={w.code} value={s.value.code} onType={(code) => set({ code })} max={40} test="coupon-code" />
							<Field label={w.percent} type="number" value={s.value.percent} onType={(percent) => set({ percent })} />
							<Field label={w.limit} type="number" value={s.value.limit} onType={(limit) => set({ limit })} />
							<Field label={w.each} type="number" value={s.value.each} onType={(each) => set({ each })} />
							<Field label={w.untilDay} type="date" value={s.value.until} onType={(until) => set({ until })} />
							<Trouble problem={make.problem} />
							<Btn kind="main" wide submit busy={make.busy} off={!s.value.code.trim()} test="make-coupon">
								{w.save}
							</Btn>
						</form>
					</Sheet>
				</>
			)}
		</Page>
	);
}


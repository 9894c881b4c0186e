import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Go } from "../../parts/button";
import { Empty, Line, Lines } from "../../parts/list";
import { Head, Page } from "../../parts/page";
import { medicine } from "../../words/medicine";
import { date, day, listed, money, slot, time } from "../../words/say";
import { isOver, orNothing } from "./facts";
import { complaintName } from "./intake-steps";
import { words as orderWords } from "./order-words";
import { Top } from "./people";
import { words as visitWords } from "./visit-words";

const stamp = (at: string) => `${day(at)} ${time(at)}`;

/** Visits: all of them, newest first. */
export function Visits({ person }: { person: string }) {
	const w = visitWords().visit;
	const live = useLive(`visits ${person}`, () => orNothing(call("GET /patients/{id}/visits", { path: { id: person } }), { items: [] }));
	return (
		<Page title={w.list} of={live} top={<Top person={person} />}>
			{(d) => (
				<div data-test="visits">
					<Head>{w.list}</Head>
					<section>
						{d.items.length === 0 ? (
							<Empty drawing="lamp">
								<p>{w.empty}</p>
								<p>
									<Go kind="main" to={`/for/${person}`}>
										{w.see}
									</Go>
								</p>
							</Empty>
						) : (
							<Lines>
								{d.items.map((v) => (
									<Line key={v.id} icon={v.state === "booked" ? "calendar" : "video"} to={isOver(v) ? `/visit/${v.id}` : `/visit/${v.id}/wait`} title={complaintName(v.complaint)} sub={`${stamp(v.ended_at ?? v.starts_at ?? v.created_at)} · ${w.states[v.state]}`} />
								))}
							</Lines>
						)}
					</section>
				</div>
			)}
		</Page>
	);
}

/** Medicine: prescriptions and orders. */
export function Medicine({ person }: { person: string }) {
	const w = orderWords().rx;
	const o = orderWords().order;
	const path = { id: person };
	const live = useLive(`medicine ${person}`, async () => ({
		rx: (await orNothing(call("GET /patients/{id}/prescriptions", { path }), { items: [] })).items,
		orders: (await orNothing(call("GET /patients/{id}/orders", { path, query: { limit: 50 } }), { items: [] })).items,
	}));
	return (
		<Page title={w.list} of={live} top={<Top person={person} />}>
			{(d) => (
				<div data-test="medicine" class="stack-l">
					<Head>{w.list}</Head>
					{d.rx.length === 0 && d.orders.length === 0 && (
						<Empty drawing="bag">
							<p>{w.empty}</p>
							<p>
								<Go kind="main" to={`/for/${person}`}>
									{visitWords().visit.see}
								</Go>
							</p>
						</Empty>
					)}
					<section>
						<Lines>
							{d.rx.map((p) => (
								<Line key={p.id} icon="pill" to={`/rx/${p.id}`} title={listed(p.items.map((i) => medicine(i.product).replace(", ", " ")))} sub={`${p.signed_at ? date(p.signed_at) : ""} · ${p.state === "signed" ? w.states[p.parts[0]?.state ?? "signed"] : w.states[p.state === "cancelled" ? "cancelled" : "replaced"]}`} />
							))}
						</Lines>
					</section>
					{d.orders.length > 0 && (
						<section>
							<h2>{w.orders}</h2>
							<Lines>
								{d.orders.map((x) => (
									<Line key={x.id} icon="package" to={`/order/${x.id}`} title={o.step[x.state] ?? x.state} sub={[stamp(x.created_at), money(x.total), x.slot && slot(x.slot.from, x.slot.until)].filter(Boolean).join(" · ")} />
								))}
							</Lines>
						</section>
					)}
				</div>
			)}
		</Page>
	);
}

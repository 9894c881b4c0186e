import type { PrescriptionPage, PrescriptionView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { size } from "../../client/session";
import { Go } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Line, Lines } from "../../parts/list";
import { Notice } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { ReadAloud } from "../../parts/read";
import { medicine } from "../../words/medicine";
import { date, when } from "../../words/say";
import { language } from "../../words/words";
import { doctorName, markRead, orNothing } from "./facts";
import { Top } from "./people";
import { words } from "./order-words";

interface Loaded {
	rx: PrescriptionView;
	page: PrescriptionPage | undefined;
	doctor: string;
}

/** A signed prescription as a page: a sentence for each drug, who signed, until when it is good. */
export default function Rx({ id }: { id: string }) {
	const w = words().rx;
	const live = useLive<Loaded>(`rx ${id}`, async () => {
		const rx = await call("GET /prescriptions/{id}", { path: { id } });
		const page = rx.state === "draft" ? undefined : await orNothing<PrescriptionPage | undefined>(call("GET /prescriptions/{id}/page", { path: { id } }), undefined);
		return { rx, page, doctor: await doctorName(rx.doctor) };
	});
	const d = live.data;
	const can = d?.rx.parts.some((p) => p.state === "signed" && Date.parse(p.earliest) <= Date.now() && Date.parse(p.until) > Date.now());
	return (
		<Page title={w.title} of={live} top={d ? <Top person={d.rx.patient} /> : undefined} up="/" foot={can && <Go kind="main" wide to={`/rx/${id}/order`} test="get-medicine">{w.get}</Go>}>
			{(x) => <Body d={x} />}
		</Page>
	);
}

/** short is a number as people read it aloud: the last eight, in two groups. */
function short(number: string): string {
	const end = number.replace(/^.*_/, "").slice(-8).toUpperCase();
	return `${end.slice(0, 4)}-${end.slice(4)}`;
}

function Body({ d }: { d: Loaded }) {
	const w = words().rx;
	const zh = language.value === "zh";
	const { rx, page } = d;
	if (rx.id) markRead(rx.id);
	const say = (s: { en: string; zh: string }) => (zh ? s.zh : s.en);
	const over = rx.valid_until && Date.parse(rx.valid_until) < Date.now();
	const parts = rx.parts;
	return (
		<div data-test="rx" data-state={rx.state} class="stack-l">
			<Head>{w.how}</Head>
			{rx.state !== "signed" && <Notice kind="stop">{w.states[rx.state === "cancelled" ? "cancelled" : "replaced"]}</Notice>}
			{rx.state === "signed" && over && <Notice kind="warn">{w.over(date(rx.valid_until as string))}</Notice>}
			<article class="sheetpage">
				<header>
					<div>
						<h2>{w.title}</h2>
						{page?.patient_name && <p class="sub2">{w.for(page.patient_name, page.born ?? "")}</p>}
					</div>
					{page && <p class="sub2 num">{w.number(short(page.number))}</p>}
				</header>
				<ol>
					{rx.items.map((item, n) => {
						const line = page?.lines[n];
						return (
							<li key={item.product}>
								<p class="drug">
									<b>{line ? say(line.medicine) : medicine(item.product)}</b>
									<span class="num">{say(item.quantity.text)}</span>
								</p>
								<p class="how">{say(item.sentence)}</p>
								{item.no_substitution && <p class="sub2">{w.noSub}</p>}
								{item.steps.some((s) => s.note) && <p class="sub2">{item.steps.map((s) => s.note).filter(Boolean).join(" ")}</p>}
							</li>
						);
					})}
				</ol>
				<footer>
					<p>{w.signed(d.doctor || page?.doctor || "", rx.signed_at ? when(rx.signed_at) : "")}</p>
					{rx.valid_until && <p class="num">{w.until(date(rx.valid_until))}</p>}
				</footer>
			</article>
			<div class="acts even">
				{size.value === "normal" && <ReadAloud word />}
				{rx.state === "signed" && (
					<Go icon="download" to={`/api/v1/prescriptions/${rx.id}/paper?language=${language.value}`} out test="pdf">
						{w.pdf}
					</Go>
				)}
			</div>
			<Lines>
				{(parts.length > 1 || parts[0]?.state !== "signed") &&
					parts.map((p) => (
						<Line
							key={p.id}
							icon="package"
							to={p.order ? `/order/${p.order}` : undefined}
							title={parts.length > 1 ? w.part(p.n) : w.states[p.state]}
							sub={parts.length > 1 ? `${w.states[p.state]}${p.state === "signed" && Date.parse(p.earliest) > Date.now() ? ` ${w.from(date(p.earliest))}` : ""}` : undefined}
						/>
					))}
				<Line to={`/visit/${rx.visit}`} icon="video" title={words().rx.signed(d.doctor || page?.doctor || "", rx.signed_at ? date(rx.signed_at) : "")} />
				<Line to={`/case/new?about=${rx.id}`} icon="headset" title={w.problem} />
			</Lines>
			<p class="saved">
				<Icon name="shield-check" />
				<a href="/verify">{w.check}</a>
			</p>
		</div>
	);
}

import { call } from "../client/call";
import { useLive } from "../client/live";
import { date, listed } from "../words/say";
import { both } from "../words/words";
import { Empty, Line, Lines } from "./list";
import { Notice } from "./notice";
import { Head, Page } from "./page";

const words = both({
	en: {
		title: "Papers",
		none: "No application yet. An operator begins it with you.",
		states: { draft: "Not handed in", submitted: "Handed in", reviewing: "Being checked", asked: "Something is missing", approved: "Approved", refused: "Refused", suspended: "Suspended", expired: "Run out" },
		kinds: { licence: "Licence", identity: "Identity", specialty: "Specialty", background_check: "Background check", insurance: "Insurance", other: "Other" } as Record<string, string>,
		until: (d: string) => `until ${d}`,
		noEnd: "does not run out",
		waiting: "not yet accepted",
		over: "has run out",
		days: (n: number) => (n === 0 ? "ends today" : `${n} day${n === 1 ? "" : "s"} left`),
		wanted: (what: string) => `Still needed: ${what}`,
		soon: "Runs out within a month. Bring a new one in time: without it nobody may act.",
	},
	zh: {
		title: "资质",
		none: "尚无资质申请，由运营人员与您一起办理。",
		states: { draft: "未提交", submitted: "已提交", reviewing: "审核中", asked: "需补充", approved: "已通过", refused: "未通过", suspended: "已暂停", expired: "已过期" },
		kinds: { licence: "执业证书", identity: "身份证明", specialty: "科室", background_check: "背景调查", insurance: "保险", other: "其他" },
		until: (d: string) => `有效期至${d}`,
		noEnd: "长期有效",
		waiting: "尚未认可",
		over: "已过期",
		days: (n: number) => (n === 0 ? "今天到期" : `还有${n}天`),
		wanted: (what: string) => `还需：${what}`,
		soon: "一个月内到期，请及时更新，过期后不能继续工作。",
	},
});

const day = 86_400_000;
const month = 30 * day;

/** paperName is what a sort of paper is called. */
export const paperName = (kind: string): string => words().kinds[kind] ?? kind;

/** runningOut are the papers that run out within a month, or have, the first of them first. */
export function runningOut<P extends { valid_until?: string }>(papers: readonly P[], now: number): P[] {
	return papers.filter((p) => p.valid_until && Date.parse(p.valid_until) - now < month).sort((a, b) => (a.valid_until ?? "").localeCompare(b.valid_until ?? ""));
}

/** ends is how long a paper still holds, in words; "" for one that does not run out soon. */
function ends(until: string | undefined, now: number): string {
	if (!until) return "";
	const left = Math.floor((Date.parse(until) - now) / day);
	return left < 0 ? words().over : left < 30 ? words().days(left) : "";
}

/** Papers shows what somebody was vetted by, and what runs out when. */
export function Papers() {
	const w = words();
	const mine = useLive("papers", () => call("GET /applications/mine"), (e) => e.kind.startsWith("application."));
	return (
		<Page title={w.title} of={mine}>
			{({ items }) => (
				<>
					<Head>{w.title}</Head>
					{items.length === 0 && (
						<Empty drawing="paper">
							<p>{w.none}</p>
						</Empty>
					)}
					{items.map((a) => (
						<section key={a.id} class="stack">
							<h2>{w.states[a.state]}</h2>
							{!!a.wanted?.length && <Notice kind="warn">{w.wanted(listed(a.wanted.map((k) => w.kinds[k] ?? k)))}</Notice>}
							{runningOut(a.papers, Date.now()).length > 0 && (
								<Notice kind="warn" test="papers-soon">
									{w.soon}
								</Notice>
							)}
							<Lines>
								{[...a.papers].sort((x, y) => (x.valid_until ?? "9").localeCompare(y.valid_until ?? "9")).map((p) => (
									<Line key={p.number} icon="shield-check" title={w.kinds[p.kind] ?? p.kind} sub={p.valid_until ? w.until(date(p.valid_until)) : w.noEnd} end={!p.accepted ? w.waiting : ends(p.valid_until, Date.now()) ? <span class="chip warn">{ends(p.valid_until, Date.now())}</span> : undefined} />
								))}
							</Lines>
						</section>
					))}
				</>
			)}
		</Page>
	);
}

import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Empty, Line, Lines } from "../../parts/list";
import { Head, Page } from "../../parts/page";
import { day, when } from "../../words/say";
import { Duty, useDuty } from "./duty";
import { Next } from "./next";
import { complaintName } from "./told";
import { words } from "./words";

/** Today: on duty or not, who is next, what is booked, and what is not finished. */
export default function Today() {
	const w = words();
	const duty = useDuty();
	const queue = useLive("queue", () => call("GET /queue"), (e) => e.kind.startsWith("visit.") || e.kind.startsWith("duty."), 20_000);
	const mine = useLive("my visits", () => call("GET /visits"), (e) => e.kind.startsWith("visit."));
	const waiting = queue.data?.items.length ?? 0;
	const items = mine.data?.items ?? [];
	const open = items.filter((v) => v.state === "in_progress");
	const booked = items.filter((v) => v.state === "booked" && v.starts_at && day(v.starts_at) === day(Date.now()));
	return (
		<Page title={w.today} of={mine} plain>
			{() => (
				<div class="stack-l">
					<Head>{w.today}</Head>
					<Duty duty={duty} />
					<p class="sub" role="status">
						{waiting > 0 ? w.waiting(waiting) : w.nobody}
					</p>
					<Next waiting={waiting} />
					{open.length > 0 && (
						<section>
							<h2>{w.unsigned}</h2>
							<Lines>
								{open.map((v) => (
									<Line key={v.id} to={`/d/visit/${v.id}`} icon="stethoscope" title={v.patient_name ?? complaintName(v.complaint)} sub={v.admitted_at && when(v.admitted_at)} test="open-visit" />
								))}
							</Lines>
						</section>
					)}
					{booked.length > 0 && (
						<section>
							<h2>{w.booked}</h2>
							<Lines>
								{booked.map((v) => (
									<Line key={v.id} to={`/d/visit/${v.id}`} icon="calendar" title={when(v.starts_at ?? "")} sub={[v.patient_name, complaintName(v.complaint)].filter(Boolean).join(", ")} end={v.here ? w.here : ""} />
								))}
							</Lines>
						</section>
					)}
					{open.length + booked.length === 0 && (
						<Empty>
							<p>{w.nothing}</p>
						</Empty>
					)}
				</div>
			)}
		</Page>
	);
}

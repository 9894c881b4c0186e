import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { NextView } from "../../api.gen";
import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { ready, ring } from "../../client/sound";
import { Btn } from "../../parts/button";
import { Line, Lines } from "../../parts/list";
import { Trouble } from "../../parts/notice";
import { Head } from "../../parts/page";
import { Sheet } from "../../parts/sheet";
import { distance, money, slot, time } from "../../words/say";
import { AlsoOn } from "./also";
import { words } from "./words";

type Reason = keyof ReturnType<typeof words>["reasons"];

/** Offer is one ride to say yes or no to while its ring runs down. */
export function Offer({ now, put, reload }: { now: NextView; put: (n: NextView) => void; reload: () => Promise<void> }) {
	const w = words();
	const pharmacy = useLive(`pharmacy ${now.pharmacy}`, () => call("GET /pharmacies/{id}", { path: { id: now.pharmacy ?? "" } }), () => false);
	const declining = useSignal(false);
	const body = { sequence: now.sequence };
	const path = { id: now.job ?? "" };
	const accept = useAct(async (key) => {
		ready();
		put(await call("POST /jobs/{id}/accept", { key, path, body }));
	});
	const decline = useAct(async (key, reason: Reason) => {
		put(await call("POST /jobs/{id}/decline", { key, path, body: { ...body, reason } }));
		declining.value = false;
	});
	useEffect(() => ring(2), []);
	return (
		<>
			<Countdown until={now.offer_expires ?? ""} over={reload} />
			<Head>{w.offerTitle(now.pay ? money(now.pay) : "")}</Head>
			<section>
				<Lines>
					<Line icon="store" title={w.toCounter(pharmacy.data?.name ?? w.pharmacy)} sub={pharmacy.data?.address} />
					<Line icon="house" title={w.toDoor(distance(now.metres ?? 0))} sub={now.slot ? w.slot(slot(now.slot.from, now.slot.until)) : now.deadline && time(now.deadline)} test="offer-when" />
					{!!now.on_board && <Line icon="package-check" title={w.onTheWay(now.on_board)} test="offer-on-the-way" />}
					{now.cold_chain && <Line icon="thermometer" title={w.cold} />}
				</Lines>
				<AlsoOn bags={now.also} offered />
			</section>
			<section class="stack">
				<Trouble problem={accept.problem ?? decline.problem} />
				<Btn kind="main" wide big icon="check" busy={accept.busy} onPress={() => void accept()} test="accept-offer">
					{w.accept}
				</Btn>
				<Btn wide onPress={() => (declining.value = true)} test="decline-offer">
					{w.decline}
				</Btn>
			</section>
			<Sheet title={w.why} open={declining.value} onClose={() => (declining.value = false)} test="decline-why">
				<p class="sub">{w.whyHint}</p>
				<Lines>
					{(Object.keys(w.reasons) as Reason[]).map((r) => (
						<Line key={r} title={w.reasons[r]} onPress={() => void decline(r)} test={`decline-${r}`} />
					))}
				</Lines>
			</Sheet>
		</>
	);
}

/** Countdown is the ring and the seconds of an offer; a courier's clock shows seconds, a patient's never. */
function Countdown({ until, over }: { until: string; over: () => Promise<void> }) {
	const w = words();
	const now = useNow(500);
	const whole = useRef(Math.max(1, (+new Date(until) - now) / 1000));
	const left = Math.max(0, Math.ceil((+new Date(until) - now) / 1000));
	useEffect(() => {
		if (left === 0) void over();
	}, [left === 0]);
	const share = Math.min(1, left / Math.max(whole.current, 25));
	return (
		<div class="ring-down num">
			<svg viewBox="0 0 120 120" aria-hidden="true">
				<circle cx="60" cy="60" r="52" class="ground" />
				<circle cx="60" cy="60" r="52" class="left" pathLength="100" stroke-dasharray={`${share * 100} 100`} />
			</svg>
			<b aria-hidden="true">{left}</b>
			<span class="sr" role="status">
				{[20, 10, 5].includes(left) ? w.seconds(left) : ""}
			</span>
		</div>
	);
}

import { useSignal } from "@preact/signals";

import { Btn, Go } from "../../parts/button";
import { Head, Page } from "../../parts/page";
import { Shell } from "../../parts/shell";
import { DeviceCheck } from "../patient/devices";
import { words } from "./words";

/** Check is the device check for anybody, before a visit: each fault with what to do. */
export default function Check() {
	const w = words().check;
	const round = useSignal(0);
	const works = useSignal(false);
	return (
		<Shell tabs={[]}>
			<Page
				title={w.title}
				foot={
					<div class="acts even">
						<Btn icon="refresh-cw" onPress={() => ((works.value = false), round.value++)} test="check-again">
							{w.again}
						</Btn>
						<Go kind={works.value ? "main" : "more"} to="/">
							{w.home}
						</Go>
					</div>
				}
			>
				<div class="stack-l" data-test="call-check" data-works={works.value}>
					<div>
						<Head>{w.title}</Head>
						<p class="hint" role="status">
							{works.value ? w.done : w.hint}
						</p>
					</div>
					<DeviceCheck key={round.value} begin server onWorks={(ok) => (works.value = ok)} />
				</div>
			</Page>
		</Shell>
	);
}

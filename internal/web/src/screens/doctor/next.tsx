import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { go } from "../../client/router";
import { Btn } from "../../parts/button";
import { Trouble } from "../../parts/notice";
import { useKeys } from "../../parts/keys";
import { words } from "./words";

/** Next admits whoever is at the head of the queue; N does the same. */
export function Next({ waiting }: { waiting: number }) {
	const w = words();
	const next = useAct(async (key) => {
		const v = await call("POST /queue/next", { key });
		go(`/d/visit/${v.id}`);
	});
	useKeys({ n: () => waiting > 0 && void next() });
	return (
		<div class="stack">
			<Trouble problem={next.problem} />
			<Btn kind="main" wide icon="video" keycap="N" busy={next.busy} off={waiting === 0} onPress={() => void next()} test="admit-next">
				{w.next}
			</Btn>
		</div>
	);
}

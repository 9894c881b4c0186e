import type { FailureView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { Notice } from "../../parts/notice";
import { time } from "../../words/say";
import { words as kinds } from "./evidence";
import { words } from "./words";

/** Failed says why a bag did not reach a hand, with the photo that the courier took at the door. */
export function Failed({ of: f }: { of: FailureView }) {
	const w = words();
	const photo = useLive(`no-keep photo ${f.photo ?? ""}`, async () => (f.photo ? call("GET /uploads/{id}", { path: { id: f.photo } }) : undefined), () => false, 0);
	return (
		<div class="stack" data-test="failed">
			<Notice kind="warn">
				<b>{kinds().whys[f.reason] ?? f.reason.replace(/_/g, " ")}</b>
				<span class="num">{time(f.at)}</span>
			</Notice>
			{photo.data && <img class="failed-photo" src={photo.data.url} alt={w.doorPhoto} data-test="door-photo" />}
		</div>
	);
}

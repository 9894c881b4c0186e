import "./recording.css";

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { RecordingView } from "../api.gen";
import { call } from "../client/call";
import { useLive } from "../client/live";
import { listed, when } from "../words/say";
import { both } from "../words/words";
import { Btn } from "./button";
import { Empty } from "./list";
import { Notice } from "./notice";
import { Head, Page } from "./page";
import { heard, moments } from "./step";

const words = both({
	en: {
		title: "Recordings",
		hint: "Only you and those who treat you can see this. Each time somebody looks is in the record's audit.",
		none: "Nothing was recorded.",
		destroyed: (at: string) => `It was kept for as long as it has to be, and destroyed on ${at}.`,
		working: "This one is being made ready. Come back in a moment.",
		agreed: (who: string) => `Agreed: ${who}`,
		broken: "Some of this recording can’t be read any more.",
		play: "Play",
		pause: "Pause",
		place: "Place in the recording",
		screen: (who: string) => `${who}, screen`,
		gaps: "Missing",
		gap: (who: string, what: string, from: string, until: string) => `${who}: ${what}, ${from} to ${until}`,
		what: { sound: "sound", picture: "picture", screen: "screen" } as Record<string, string>,
		roles: { doctor: "Doctor", patient: "Patient", caregiver: "Caregiver", guest: "Guest" } as Record<string, string>,
	},
	zh: {
		title: "通话录像",
		hint: "仅您和诊治您的医生可见，每次查看都会留下记录。",
		none: "没有录像。",
		destroyed: (at: string) => `保存期已满，已于${at}销毁。`,
		working: "录像正在处理，请稍后再来。",
		agreed: (who: string) => `同意录制：${who}`,
		broken: "部分录像已无法读取。",
		play: "播放",
		pause: "暂停",
		place: "播放位置",
		screen: (who: string) => `${who}的屏幕`,
		gaps: "缺失部分",
		gap: (who: string, what: string, from: string, until: string) => `${who}：${what}，${from}至${until}`,
		what: { sound: "声音", picture: "画面", screen: "屏幕" },
		roles: { doctor: "医生", patient: "患者", caregiver: "代办人", guest: "受邀人" },
	},
});

/** Recordings shows what was recorded of a visit's calls, everybody's file in step. */
export function Recordings({ visit, up }: { visit: string; up: string }) {
	const w = words();
	const all = useLive(`no-keep recordings ${visit}`, () => call("GET /visits/{id}/recordings", { path: { id: visit } }), (e) => e.kind === "recording.kept" && e.data?.visit === visit, 0) // told, never asked again by itself: each reading stands in the audit;
	return (
		<Page title={w.title} of={all} up={up} wide>
			{({ items }) => (
				<div class="stack-l recordings" data-test="recordings">
					<Head>{w.title}</Head>
					<p class="hint">{w.hint}</p>
					{items.length === 0 && (
						<Empty>
							<p>{w.none}</p>
						</Empty>
					)}
					{items.map((r) => (
						<section key={r.id} class="stack" data-test="recording" data-ready={String(r.ready)}>
							<h2 class="num">{when(r.began_at)}</h2>
							<p class="sub">{w.agreed(listed(r.agreed.map((s) => w.roles[s.role] ?? s.role)))}</p>
							{r.broken && <Notice kind="warn">{w.broken}</Notice>}
							{r.destroyed_at ? <Notice test="recording-destroyed">{w.destroyed(when(r.destroyed_at))}</Notice> : r.ready ? <Player of={r} /> : <Notice>{w.working}</Notice>}
						</section>
					))}
				</div>
			)}
		</Page>
	);
}

const clock = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

/** Player plays all files of a recording from the same moment. */
function Player({ of: r }: { of: RecordingView }) {
	const w = words();
	const at = useSignal(0);
	const playing = useSignal(false);
	const videos = useRef<(HTMLVideoElement | null)[]>([]);
	const total = Math.max(0, ...r.files.map((f) => f.offset_ms + f.length_ms));
	const follow = () => moments(r.files, at.value).forEach((m, i) => heard(videos.current[i], m, playing.value));
	useEffect(() => {
		if (!playing.value) return follow();
		let last = performance.now();
		const tick = window.setInterval(() => {
			const now = performance.now();
			at.value = Math.min(total, at.value + now - last);
			last = now;
			if (at.value >= total) playing.value = false;
			follow();
		}, 100);
		follow();
		return () => window.clearInterval(tick);
	}, [playing.value]);
	const name = (f: RecordingView["files"][number]) => (f.screen ? w.screen(w.roles[f.role] ?? f.role) : (w.roles[f.role] ?? f.role));
	const gaps = r.files.flatMap((f) => f.gaps.map((g) => w.gap(name(f), w.what[g.what] ?? g.what, clock(f.offset_ms + g.from_ms), clock(f.offset_ms + g.until_ms))));
	return (
		<>
			<div class="faces">
				{r.files.map((f, i) => (
					<figure key={f.url} class={moments(r.files, at.value)[i] === undefined ? "silent" : ""} data-test="recorded">
						<video ref={(e) => void (videos.current[i] = e)} src={f.url} preload="auto" playsInline aria-label={name(f)} />
						<figcaption>{name(f)}</figcaption>
					</figure>
				))}
			</div>
			<div class="play">
				<Btn
					kind="main"
					icon={playing.value ? "pause" : "play"}
					onPress={() => {
						if (at.value >= total) at.value = 0;
						playing.value = !playing.value;
					}}
					test="play"
				>
					{playing.value ? w.pause : w.play}
				</Btn>
				<input
					type="range"
					min={0}
					max={total}
					step={100}
					value={at.value}
					aria-label={w.place}
					aria-valuetext={clock(at.value)}
					data-test="place"
					onInput={(e) => {
						at.value = Number(e.currentTarget.value);
						follow();
					}}
				/>
				<span class="num">
					{clock(at.value)} / {clock(total)}
				</span>
			</div>
			{gaps.length > 0 && (
				<section>
					<h3>{w.gaps}</h3>
					<ul class="bullets num">
						{gaps.map((g) => (
							<li key={g}>{g}</li>
						))}
					</ul>
				</section>
			)}
		</>
	);
}

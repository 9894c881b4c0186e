import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { choose, chosen, devices, examine } from "../../call";
import { call } from "../../client/call";
import { me } from "../../client/session";
import { Btn, IconBtn } from "../../parts/button";
import { Pick } from "../../parts/field";
import { Icon, type IconName } from "../../parts/icon";
import { Notice } from "../../parts/notice";
import { words } from "./visit-words";

export type Net = "checking" | "good" | "slow" | "none";

interface Found {
	asked: boolean;
	stream?: MediaStream;
	trouble: "" | "blocked" | "busy" | "none" | "insecure";
	level: number;
	heard: boolean;
	net: Net;
	tone: "" | "played" | "heard" | "silent";
	/** Nothing was heard for so long that somebody should look why. */
	mute: boolean;
	facing: "user" | "environment";
	microphones: readonly MediaDeviceInfo[];
}

/** measure asks the server for a known file and tells whether the way is wide and short enough for a picture. */
export async function measure(): Promise<Net> {
	try {
		const pings: number[] = [];
		for (let n = 0; n < 3; n++) {
			const t = performance.now();
			await fetch("/icon.svg", { cache: "no-store" });
			pings.push(performance.now() - t);
		}
		const t = performance.now();
		const bytes = (await (await fetch("/icon-512.png", { cache: "no-store" })).arrayBuffer()).byteLength;
		const kbps = (bytes * 8) / Math.max(1, performance.now() - t);
		return Math.min(...pings) < 400 && kbps > 300 ? "good" : "slow";
	} catch {
		return "none";
	}
}

/** throughServer sends one's own picture and sound through the media server and back, as a call does. */
async function throughServer(): Promise<Net> {
	const { done } = examine({
		key: "check",
		ticket: async () => {
			const t = await call("POST /call-checks");
			return { token: t.token, url: t.url, relay: t.relay };
		},
	});
	const { verdict } = await done;
	return verdict === "good" ? "good" : verdict === "no_connection" ? "none" : "slow";
}

const silence = 7000; // of a microphone, before it is asked about

/**
 * DeviceCheck shows one's own picture, how loud one is, a tone and the network, each with what to do.
 * With `server` who is signed in has the network tried by the media server itself.
 */
export function DeviceCheck({ begin, server, onWorks }: { begin?: boolean; server?: boolean; onWorks?: (works: boolean) => void }) {
	const w = words().wait;
	const s = useSignal<Found>({ asked: false, trouble: "", level: 0, heard: false, net: "checking", tone: "", mute: false, facing: "user", microphones: [] });
	const set = (more: Partial<Found>) => (s.value = { ...s.value, ...more });
	const video = useRef<HTMLVideoElement>(null);
	const stop = useRef<() => void>(() => {});
	const turn = useRef(0); // who chooses quickly opens twice: the last one counts

	const open = async (facing: "user" | "environment" = s.value.facing) => {
		stop.current();
		const mine = ++turn.current;
		set({ asked: true, trouble: "", heard: false, mute: false });
		if (!navigator.mediaDevices) {
			set({ trouble: "insecure" });
			return;
		}
		let stream: MediaStream;
		try {
			stream = await look(facing, facing !== s.value.facing);
		} catch (err) {
			const name = err instanceof DOMException ? err.name : "";
			set({ trouble: name === "NotAllowedError" ? "blocked" : name === "NotReadableError" ? "busy" : "none" });
			return;
		}
		if (mine !== turn.current) {
			for (const t of stream.getTracks()) t.stop();
			return;
		}
		const quiet = listen(stream, (level) => set({ level, heard: s.value.heard || level > 0.08 }));
		stop.current = () => {
			quiet();
			for (const t of stream.getTracks()) t.stop();
		};
		set({ stream, facing, trouble: stream.getVideoTracks().length > 0 ? "" : "none", microphones: (await devices()).microphones });
		setTimeout(() => {
			if (mine === turn.current) set({ mute: !s.value.heard });
		}, silence);
	};
	useEffect(() => {
		const known = server && me.value ? throughServer().catch(() => measure()) : measure();
		void known.then((net) => set({ net }));
		void navigator.permissions?.query({ name: "camera" as PermissionName }).then(
			(p) => (begin || p.state === "granted") && void open(),
			() => begin && void open(),
		);
		return () => {
			turn.current++; // what is being opened just now is closed again: no camera stays on behind somebody who has left
			stop.current();
		};
	}, []);
	useEffect(() => {
		if (video.current && s.value.stream) video.current.srcObject = s.value.stream;
	}, [s.value.stream]);

	const v = s.value;
	const works = v.heard && v.net === "good" && (v.stream?.getVideoTracks().length ?? 0) > 0;
	useEffect(() => onWorks?.(works), [works]);
	const picture = (v.stream?.getVideoTracks().length ?? 0) > 0;
	const mark = (ok: boolean, text: string) => (
		<span class={`st ${ok ? "" : "no"}`}>
			<Icon name={ok ? "circle-check" : "circle-alert"} />
			<span>{text}</span>
		</span>
	);
	const line = (icon: IconName, text: string, end: preact.ComponentChildren, fix?: string | false) => (
		<li>
			<Icon name={icon} />
			<span>
				{text}
				{fix && (
					<small class="fix" role="status">
						{fix}
					</small>
				)}
			</span>
			{end}
		</li>
	);
	if (!v.asked)
		return (
			<div class="stack">
				<Btn wide icon="camera" onPress={() => void open()} test="try-devices">
					{w.test}
				</Btn>
			</div>
		);
	return (
		<div data-test="devices" data-picture={picture}>
			{picture && (
				<div class="self">
					<video ref={video} autoplay muted playsInline aria-label={w.you} />
					<span class="lab">{w.you}</span>
					<span class="lvl">
						<Icon name={v.stream?.getAudioTracks().length ? "mic" : "mic-off"} />
						<svg class="bars" viewBox="0 0 60 24" aria-hidden="true">
							{[0.3, 0.6, 0.9, 0.5, 1, 0.7, 0.9, 0.5, 0.8, 0.4].map((k, n) => {
								const h = Math.max(3, Math.min(24, v.level * 60 * k));
								return <rect key={n} x={n * 6} y={12 - h / 2} width="3" height={h} rx="1.5" fill="var(--stage-lamp)" />;
							})}
						</svg>
						<span>{v.heard ? w.hear : w.quiet}</span>
					</span>
					<span class="sw">
						<IconBtn icon="switch-camera" label={w.flip} onPress={() => void open(v.facing === "user" ? "environment" : "user")} />
					</span>
				</div>
			)}
			{v.trouble && <Notice kind="warn">{{ blocked: w.blocked, busy: w.busy, none: w.noCamera, insecure: w.insecure }[v.trouble]}</Notice>}
			<ul class="checks">
				{line("camera", w.camera, mark(picture, picture ? w.works : "–"))}
				{line("mic", w.microphone, mark(v.heard, v.heard ? w.works : v.stream ? w.quiet : w.muted), v.mute && !v.heard && w.fixSound)}
				{line("wifi", w.network, mark(v.net === "good", { checking: w.checking, good: w.good, slow: w.slow, none: w.far }[v.net]), v.net === "slow" ? w.fixSlow : v.net === "none" && w.fixFar)}
				{line(
					"volume-2",
					w.tone,
					v.tone === "heard" ? (
						mark(true, w.works)
					) : (
						<span class="ask">
							{v.tone === "played" && (
								<>
									<Btn small onPress={() => set({ tone: "heard" })} test="tone-yes">
										{w.yes}
									</Btn>
									<Btn small onPress={() => set({ tone: "silent" })} test="tone-no">
										{w.no}
									</Btn>
								</>
							)}
							<Btn
								small
								test="play-tone"
								onPress={() => {
									beep();
									set({ tone: "played" });
								}}
							>
								{v.tone === "" ? w.play : w.again}
							</Btn>
						</span>
					),
					v.tone === "silent" && w.fixTone,
				)}
			</ul>
			{v.microphones.length > 1 && (
				<Pick
					label={w.microphone}
					value={v.stream?.getAudioTracks()[0]?.getSettings().deviceId ?? ""}
					of={v.microphones.map((d) => [d.deviceId, d.label || d.deviceId] as const)}
					onPick={(microphone) => {
						choose({ microphone });
						void open();
					}}
					test="pick-microphone"
				/>
			)}
		</div>
	);
}

/** look opens what was chosen, or another camera when it is turned round; a chosen one that is not there is left out. */
async function look(facing: "user" | "environment", turned: boolean): Promise<MediaStream> {
	const { camera, microphone } = chosen();
	const width = { ideal: 640 };
	const ask = (id: { camera?: string | undefined; microphone?: string | undefined }, picture = true) =>
		navigator.mediaDevices.getUserMedia({
			audio: id.microphone ? { deviceId: { exact: id.microphone } } : true,
			...(picture ? { video: id.camera ? { deviceId: { exact: id.camera }, width } : { facingMode: facing, width } } : {}),
		});
	const missing = (err: unknown) => err instanceof DOMException && (err.name === "NotFoundError" || err.name === "OverconstrainedError");
	const stream = await ask({ microphone, camera: turned ? undefined : camera })
		.catch((err: unknown) => (missing(err) ? ask({}) : Promise.reject(err)))
		.catch((err: unknown) => (missing(err) ? ask({}, false) : Promise.reject(err)));
	const seen = stream.getVideoTracks()[0]?.getSettings().deviceId;
	if (turned && seen) choose({ camera: seen }); // the call begins with the one that was looked through last
	return stream;
}

/** beep is a soft tone of half a second. */
export function beep(hertz = 523): void {
	try {
		const c = new AudioContext();
		const o = c.createOscillator();
		const g = c.createGain();
		o.frequency.value = hertz;
		g.gain.setValueAtTime(0.0001, c.currentTime);
		g.gain.exponentialRampToValueAtTime(0.3, c.currentTime + 0.05);
		g.gain.exponentialRampToValueAtTime(0.0001, c.currentTime + 0.6);
		o.connect(g).connect(c.destination);
		o.start();
		o.stop(c.currentTime + 0.65);
		o.onended = () => void c.close();
	} catch {
		// A browser without sound.
	}
}

const slice = 512; // samples of which the loudness is taken: some ten milliseconds

/** listen tells ten times a second how loud it was at the loudest since it last told: no short sound falls between. */
function listen(stream: MediaStream, tell: (level: number) => void): () => void {
	if (stream.getAudioTracks().length === 0 || typeof AudioContext === "undefined") return () => {};
	const c = new AudioContext();
	const a = c.createAnalyser();
	a.fftSize = 16 * slice; // more than a tenth of a second
	c.createMediaStreamSource(stream).connect(a);
	const data = new Float32Array(a.fftSize);
	const timer = setInterval(() => {
		a.getFloatTimeDomainData(data);
		let loudest = 0;
		for (let from = 0; from < data.length; from += slice) {
			let sum = 0;
			for (const x of data.subarray(from, from + slice)) sum += x * x;
			loudest = Math.max(loudest, Math.sqrt(sum / slice));
		}
		tell(loudest);
	}, 100);
	return () => {
		clearInterval(timer);
		void c.close();
	};
}

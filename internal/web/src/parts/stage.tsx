import "./stage.css";

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

import { type Admission, Call, canSpeak, choose, chosen, devices, type Devices, type Seat, speak, type State } from "../call";
import { call as ask } from "../client/call";
import { words as visitWords } from "../screens/patient/visit-words";
import { listed, time } from "../words/say";
import { Btn } from "./button";
import { SendFile, Sent } from "./callfile";
import { useCaptions } from "./captions";
import { Field, Pick } from "./field";
import { Icon, type IconName } from "./icon";
import { Lines, Line } from "./list";
import { Sheet } from "./sheet";

export interface StageProps {
	/** Names the call, so that a reload finds its place again. */
	name: string;
	ticket: () => Promise<Admission>;
	/** Who is expected, above the picture. */
	title: string;
	sub?: string;
	/** A room of sound alone. */
	sound?: boolean;
	/** May end the call for all. */
	ends?: boolean;
	/** Beside other things, not over the whole screen. */
	inset?: boolean;
	onOver: (reason: string) => void;
	/** What to call who sits where, beside what they are. */
	names?: Record<string, string>;
	/** Said while nobody else is there. */
	wait?: string;
	/** What people are called by their part, where it is no visit's. */
	roles?: Record<string, string>;
	/** false: what is written stands elsewhere. */
	chat?: boolean;
	/** The visit whose call it is: files can be sent in its chat. */
	visit?: string;
	/** Further entries of More. */
	more?: preact.ComponentChildren;
}

/** admit gets a ticket of a visit; the answer says where the room is. */
export async function admit(visit: string): Promise<Admission> {
	const t = (await ask("POST /visits/{id}/ticket", { path: { id: visit } })) as { token: string; room: string; url?: string; relay?: Admission["relay"] };
	const own = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/calls/${encodeURIComponent(t.room)}/ws`;
	return { token: t.token, url: t.url ?? own, relay: t.relay };
}

/** Stage is a call: the other fills it, oneself stands in the corner, what happens is said above the controls. */
export function Stage(p: StageProps) {
	const w = { ...visitWords().call, ...(p.roles ? { roles: p.roles } : {}) };
	const tick = useSignal(0);
	const live = useMemo(() => new Call({ key: p.name, ticket: p.ticket, sound: p.sound ?? false }), [p.name]);
	const ui = useSignal<{ sheet: "" | "chat" | "more" | "leave" | "devices"; corner: number; read: number; text: string; speaker: string; silent: boolean; found: Devices | undefined }>({ sheet: "", corner: 0, read: 0, text: "", speaker: chosen().speaker ?? "", silent: false, found: undefined });
	const set = (more: Partial<typeof ui.value>) => (ui.value = { ...ui.value, ...more });
	useEffect(() => {
		const end = live.subscribe(() => tick.value++);
		void live.join();
		return () => {
			end();
			live.stop();
		};
	}, [live]);
	void tick.value;
	const s = live.state;
	useEffect(() => {
		if (s.phase === "over") p.onOver(s.reason);
	}, [s.phase]);
	const others = s.seats.filter((x) => x.seat !== s.seat && x.state !== "left");
	const main = others.find((x) => x.role === "doctor") ?? others[0];
	const rest = others.filter((x) => x !== main);
	const chat = s.chat;
	const unread = ui.value.sheet === "chat" ? 0 : chat.filter((e) => e.n > ui.value.read && e.from !== s.seat).length;
	const beside = useRef<HTMLElement>(null);
	const last = chat.at(-1)?.n ?? 0;
	useEffect(() => {
		const open = ui.value.sheet === "chat" || (beside.current?.getClientRects().length ?? 0) > 0;
		if (!open || document.visibilityState !== "visible" || last <= ui.value.read) return;
		set({ read: last });
		live.read(last);
	}, [last, ui.value.sheet]);
	const lastOwn = chat.filter((e) => e.from === s.seat).at(-1)?.n;
	const readers = others.filter((x) => x.upto >= (lastOwn ?? Infinity));
	const network = s.phase === "here" ? s.quality : 0;
	// A speaker that was unplugged is silent for good: the device's own is used until it is back.
	const there = !ui.value.found || ui.value.found.speakers.some((d) => d.deviceId === ui.value.speaker);
	const speaker = there ? ui.value.speaker : "";
	const silent = ui.value.speaker !== "" && (!there || ui.value.silent);
	useEffect(() => {
		const look = () => void devices().then((found) => set({ found })); // plugged in or out
		navigator.mediaDevices?.addEventListener?.("devicechange", look);
		return () => navigator.mediaDevices?.removeEventListener?.("devicechange", look);
	}, []);
	const captions = useCaptions(live, s.phase === "here" && !s.muted.sound);
	const streamOf = (seat: Seat | undefined) => (seat ? (live.slots[seat.slot - 1]?.stream ?? null) : null);
	const nameOf = (x: Seat | undefined) => (x && p.names?.[x.seat]) || (w.roles[x?.role ?? ""] ?? x?.role ?? "");
	const hands = [...others.filter((x) => x.hand).map(nameOf), ...(s.hand ? [w.you] : [])];
	const notes = notesOf(s, main, w)
		.concat(hands.length > 0 ? [["hand", w.handsUp(listed(hands))]] : [], silent ? [["volume-2", w.speakerGone]] : [])
		.slice(0, 2);
	const v = ui.value;
	const talk = (of: string) => (
		<>
			<div class="stack log" role="log" aria-live="polite" aria-label={w.chat} data-test={`chat-log${of}`}>
				{chat.map((e) => (
					<div key={e.id} class={`say ${e.from === s.seat ? "own" : ""}`}>
						<b>{e.from === s.seat ? w.you : nameOf(s.seats.find((x) => x.seat === e.from))}</b> <span class="sub num">{time(e.at)}</span>
						{e.file ? <Sent visit={p.visit} file={e.file} /> : <p class="pre">{e.text}</p>}
						{e.n === lastOwn && (
							<p class="sub" data-test="receipt">
								{readers.length > 0 ? w.readBy(listed(readers.map(nameOf))) : w.arrived}
							</p>
						)}
					</div>
				))}
			</div>
			<form
				class="addline top-gap"
				onSubmit={(e) => {
					e.preventDefault();
					if (v.text.trim()) live.say(v.text.trim());
					set({ text: "" });
				}}
			>
				<Field label={w.write} placeholder={of ? w.write : ""} value={v.text} onType={(text) => set({ text })} max={2000} test={`chat-text${of}`} />
				<Btn submit icon="send" label={w.send} test={`chat-send${of}`} />
			</form>
			{p.visit && s.rights.includes("file") && <SendFile visit={p.visit} live={live} />}
		</>
	);
	const stage = (
		<section class={`stage ${p.inset ? "inset" : ""} ${s.phase}`} aria-label={w.title} data-test="call" data-phase={s.phase} data-seats={others.length} data-level={(main && s.levels.get(main.slot)?.level) ?? "video"} data-sent={main?.level ?? "video"}>
			<header class="callbar">
				<div>
					<b>{p.title}</b>
					<span class="num">{p.sub ?? (p.sound && main ? others.map((x) => w.roles[x.role] ?? x.role).join(", ") : "")}</span>
					{network > 0 && (
						<span data-test="quality" data-quality={network}>
							{w.network(w.quality[network] ?? "")}
						</span>
					)}
				</div>
				<button type="button" class="ico" aria-label={w.more} onClick={() => set({ sheet: "more" })} data-test="call-more">
					<Icon name="ellipsis" />
				</button>
			</header>
			<div class="others">
				{main && <Face stream={streamOf(main)} label={nameOf(main)} pictureOn={main.picture && main.state === "here" && s.levels.get(main.slot)?.level !== "audio"} dim={s.phase === "away" || main.state === "away"} speaker={speaker} onSpeaker={(silent) => set({ silent })} big />}
				{!main && s.phase !== "over" && s.phase !== "away" && <p class="quiet">{p.wait ?? (s.role === "doctor" ? w.waitPatient : w.wait)}</p>}
				{live.screen && others.some((x) => x.sharing) && <Face stream={live.screen} label={w.share} pictureOn big whole />}
			</div>
			<div class={`side c${v.corner}`}>
				{rest.map((x) => (
					<Face key={x.seat} stream={streamOf(x)} label={nameOf(x)} pictureOn={x.picture && x.state === "here"} speaker={speaker} />
				))}
				{!p.sound && <Face stream={live.own.picture ? new MediaStream([live.own.picture]) : null} id={live.own.picture?.id ?? ""} label={w.you} pictureOn={!!live.own.picture} own />}
			</div>
			<div class="notes" role="status" aria-live="polite">
				{s.caption && (
					<p class="caption" lang={s.caption.lang} data-test="caption">
						<b>{nameOf(s.seats.find((x) => x.seat === s.caption?.from))}</b> {s.caption.text}
					</p>
				)}
				{captions.failed && (
					<p class="note">
						<Icon name="circle-alert" />
						<span>{w.captionsFail}</span>
					</p>
				)}
				{notes.map(([icon, text]) => (
					<p class="note" key={text}>
						<Icon name={icon} />
						<span>{text}</span>
					</p>
				))}
				{s.recording.state === "asked" && !s.recording.consents?.includes(s.seat) && (
					<div class="note">
						<Icon name="circle-alert" />
						<span>{w.asked}</span>
						<Btn small kind="main" onPress={() => live.consent(true)} test="consent">
							{w.agree}
						</Btn>
						<Btn small onPress={() => live.consent(false)} test="no-consent">
							{w.no}
						</Btn>
					</div>
				)}
			</div>
			<div class="controls">
				<Control icon={s.muted.sound ? "mic-off" : "mic"} text={s.muted.sound ? w.unmute : w.mute} on={s.muted.sound} press={() => void live.mute("sound", !s.muted.sound)} test="mute" />
				{!p.sound && <Control icon={s.muted.picture ? "video-off" : "video"} text={s.muted.picture ? w.cameraOff : w.camera} on={s.muted.picture} press={() => void live.mute("picture", !s.muted.picture)} test="camera" />}
				{p.chat !== false && <Control icon="message-square" text={w.chat} press={() => set({ sheet: "chat" })} count={unread} countSaid={w.unread(unread)} test="chat" />}
				<span class="rule" />
				<Control icon="phone-off" text={w.leave} hang press={() => set({ sheet: "leave" })} test="hang-up" />
			</div>
			<p class="rec">
				{s.recording.state === "on" ? (
					<>
						<span class="recdot" data-test="recording" /> {w.recording}{" "}
						<Btn small onPress={() => (s.rights.includes("record") ? live.record(false) : live.consent(false))} test="stop-recording">
							{s.rights.includes("record") ? w.stopRecord : w.withdraw}
						</Btn>
					</>
				) : (
					!p.sound && w.nobody
				)}
			</p>
			<Sheet title={w.chat} open={v.sheet === "chat"} onClose={() => set({ sheet: "" })}>
				{talk("")}
			</Sheet>
			<Sheet title={w.more} open={v.sheet === "more"} onClose={() => set({ sheet: "" })}>
				<Lines>
					{!p.sound && <Line icon="refresh-cw" title={w.self} onPress={() => set({ corner: (v.corner + 1) % 4, sheet: "" })} />}
					{!p.sound && <Line icon="switch-camera" title={w.flip} onPress={() => void flip(live).then(() => set({ sheet: "" }))} test="flip" />}
					{!p.sound && "getDisplayMedia" in (navigator.mediaDevices ?? {}) && <Line icon="screen-share" title={s.sharing ? w.stopShare : w.share} onPress={() => void live.share(!s.sharing).then(() => set({ sheet: "" }))} test="share" />}
					{s.rights.includes("record") && <Line icon="circle-dot" title={s.recording.state === "off" ? w.record : w.stopRecord} onPress={() => (live.record(s.recording.state === "off"), set({ sheet: "" }))} test="record" />}
					{others.length > 1 && <Line icon="hand" title={s.hand ? w.handDown : w.hand} onPress={() => (live.raiseHand(!s.hand), set({ sheet: "" }))} test="hand" />}
					{captions.can && <Line icon="message-square" title={captions.on ? w.captionsOff : w.captions} sub={w.captionsHint} onPress={() => (captions.turn(!captions.on), set({ sheet: "" }))} test="captions" />}
					<Line icon="mic" title={w.devices} onPress={() => void devices().then((found) => set({ sheet: "devices", found }))} test="devices" />
				</Lines>
				{p.more}
			</Sheet>
			<Sheet title={w.devices} open={v.sheet === "devices"} onClose={() => set({ sheet: "" })}>
				<div class="stack-l">
					{v.found && v.found.cameras.length > 0 && !p.sound && <Pick label={w.camera} value={live.own.picture?.getSettings().deviceId ?? ""} of={named(v.found.cameras)} onPick={(id) => void live.useCamera(id)} test="pick-camera" />}
					{v.found && v.found.microphones.length > 0 && <Pick label={w.microphone} value={live.own.sound?.getSettings().deviceId ?? ""} of={named(v.found.microphones)} onPick={(id) => void live.useMicrophone(id)} test="pick-microphone" />}
					{v.found && v.found.speakers.length > 0 && canSpeak() ? (
						<Pick
							label={w.speaker}
							value={silent ? "default" : v.speaker || "default"}
							of={named(v.found.speakers)}
							onPick={(speaker) => {
								choose({ speaker });
								set({ speaker, silent: false });
							}}
							said={silent ? w.speakerGone : ""}
							test="pick-speaker"
						/>
					) : (
						<p class="sub" data-test="own-speaker">
							{w.ownSpeaker}
						</p>
					)}
				</div>
			</Sheet>
			<Sheet title={w.leaveSure} open={v.sheet === "leave"} onClose={() => set({ sheet: "" })}>
				<div class="stack">
					<p class="sub">{p.ends ? w.leaveEnds : w.leaveHint}</p>
					<Btn kind="stop" wide onPress={() => (p.ends ? live.endForAll() : live.leave())} test="hang-up-sure">
						{w.leave}
					</Btn>
					<Btn wide onPress={() => set({ sheet: "" })}>
						{w.stay}
					</Btn>
				</div>
			</Sheet>
		</section>
	);
	if (!p.inset) return stage;
	return (
		<div class="stagewrap">
			{stage}
			<section class="stagechat" aria-label={w.chat} ref={beside}>
				<h2>{w.chat}</h2>
				{talk("-beside")}
			</section>
		</div>
	);
}

const named = (list: MediaDeviceInfo[]) => list.map((d) => [d.deviceId, d.label || d.deviceId] as const);

async function flip(live: Call): Promise<void> {
	const { cameras } = await devices();
	const now = cameras.findIndex((c) => c.deviceId === live.own.picture?.getSettings().deviceId);
	const next = cameras[(now + 1) % Math.max(1, cameras.length)];
	if (next) await live.useCamera(next.deviceId);
}

/** What is said above the controls, the most pressing first; never a dialog. */
function notesOf(s: State, main: Seat | undefined, w: ReturnType<typeof visitWords>["call"]): [IconName, string][] {
	const out: [IconName, string][] = [];
	if (s.relayRefused) out.push(["refresh-cw", w.expired]);
	if (s.phase === "away") out.push(["refresh-cw", w.again]);
	if (main?.state === "away" && (main.role === "doctor" || s.role === "doctor")) out.push(["clock", s.role === "doctor" ? w.awayPatient : w.away]);
	if (s.recording.state === "asked" && s.recording.consents?.includes(s.seat)) out.push(["clock", w.waiting]);
	const level = main && s.levels.get(main.slot);
	if (level?.why === "network") {
		if (level.level === "chat") out.push(["message-square", w.only]);
		if (level.level === "audio") out.push(["wifi-low", w.weak]);
		if (level.level === "low") out.push(["wifi-low", w.weakLow]);
	} else if (main?.state === "here" && !s.muted.picture) {
		if (main.level === "chat") out.push(["message-square", w.theirOnly]);
		if (main.level === "audio") out.push(["wifi-low", w.theirWeak]);
		if (main.level === "low") out.push(["wifi-low", w.theirLow]);
	}
	if (s.trouble.sound) out.push(["mic-off", w.noSound]);
	else if (s.muted.sound) out.push(["mic-off", w.muted]);
	if (s.trouble.picture && !s.muted.picture) out.push(["camera-off", w.noPicture]);
	return out.slice(0, 2);
}

function Control({ icon, text, press, on, hang, count, countSaid, test }: { icon: IconName; text: string; press: () => void; on?: boolean; hang?: boolean; count?: number; countSaid?: string; test: string }) {
	return (
		<button type="button" class={`control ${hang ? "hang" : ""} ${on ? "on" : ""}`} onClick={press} aria-pressed={on} data-test={test}>
			<span class="round">
				<Icon name={icon} />
				{!!count && (
					<span class="badge">
						<span aria-hidden="true">{count}</span>
						<span class="sr">{countSaid}</span>
					</span>
				)}
			</span>
			<span>{text}</span>
		</button>
	);
}

/** Face is somebody's picture and sound. */
function Face({ stream, id, label, pictureOn, own, big, whole, dim, speaker, onSpeaker }: { stream: MediaStream | null; id?: string; label: string; pictureOn?: boolean; own?: boolean; big?: boolean; whole?: boolean; dim?: boolean; speaker?: string; onSpeaker?: (silent: boolean) => void }) {
	const video = useRef<HTMLVideoElement>(null);
	useEffect(() => {
		const e = video.current;
		if (e && e.srcObject !== stream) {
			e.srcObject = stream;
			void e.play().catch(() => {});
		}
	}, [own ? id : stream]);
	useEffect(() => {
		if (own || !video.current || speaker === undefined) return;
		void speak(video.current, speaker).then((is) => onSpeaker?.(!is));
	}, [speaker]);
	return (
		<figure class={`face ${big ? "big" : ""} ${own ? "own" : ""} ${whole ? "whole" : ""} ${dim ? "dim" : ""} ${pictureOn ? "" : "blank"}`} data-test={own ? "own-picture" : "other-picture"}>
			<video ref={video} autoplay playsInline muted={own} aria-label={label} />
			{!pictureOn && (
				<span class="ava" aria-hidden="true">
					<Icon name="user" />
				</span>
			)}
			{!big && <figcaption>{label}</figcaption>}
		</figure>
	);
}

// One PeerConnection with its fixed lines: what is sent, and where each slot's media arrives.

import type { Relay } from "./protocol";

/** Slot is where one other person is seen and heard. */
export interface Slot {
	stream: MediaStream;
}

/** Own is what somebody sends. */
export interface Own {
	sound: MediaStreamTrack | null;
	picture: MediaStreamTrack | null;
	screen: MediaStreamTrack | null;
}

export interface PeerWish {
	own: Own;
	/** A room without pictures. */
	sound: boolean;
	/** How many others there may be: 1 to 3. */
	others: number;
	relay?: Relay | undefined;
	/** Media only through the relay, for trying it. */
	relayOnly?: boolean | undefined;
}

const lowLayer = { rid: "l", active: false, scaleResolutionDownBy: 4, maxBitrate: 150_000 };

/** servers is what a PeerConnection is told of the relay. */
export function servers(relay?: Relay): RTCIceServer[] {
	if (!relay || relay.urls.length === 0) return [];
	return [{ urls: relay.urls, username: relay.username, credential: relay.credential }];
}

/** Peer holds one PeerConnection. */
export class Peer {
	readonly pc: RTCPeerConnection;
	readonly slots: Slot[] = [];
	/** The screen that is shared in the room. */
	readonly screen = new MediaStream();
	private readonly voice: RTCRtpSender;
	private readonly face: RTCRtpSender | undefined;
	private readonly shown: RTCRtpSender | undefined;
	private relayOnly: boolean;

	constructor(wish: PeerWish) {
		this.relayOnly = wish.relayOnly === true;
		this.pc = new RTCPeerConnection(this.configuration(wish.relay));
		const lines: RTCRtpTransceiver[] = [];
		const add = (kind: "audio" | "video", init: RTCRtpTransceiverInit, track?: MediaStreamTrack | null) => {
			const line = this.pc.addTransceiver(track ?? kind, init);
			lines.push(line);
			return line;
		};
		const voice = add("audio", { direction: "sendrecv" }, wish.own.sound);
		this.voice = voice.sender;
		const first = new MediaStream([voice.receiver.track]);
		if (!wish.sound) {
			const face = add("video", { direction: "sendrecv", sendEncodings: [{ rid: "h", active: true }, lowLayer] }, wish.own.picture);
			this.face = face.sender;
			first.addTrack(face.receiver.track);
			const shown = add("video", { direction: "sendrecv" }, wish.own.screen);
			this.shown = shown.sender;
			this.screen.addTrack(shown.receiver.track);
		}
		this.slots.push({ stream: first });
		for (let n = 1; n < wish.others; n++) {
			const stream = new MediaStream([add("audio", { direction: "recvonly" }).receiver.track]);
			if (!wish.sound) stream.addTrack(add("video", { direction: "recvonly" }).receiver.track);
			this.slots.push({ stream });
		}
	}

	private configuration(relay?: Relay): RTCConfiguration {
		return { iceServers: servers(relay), bundlePolicy: "max-bundle", iceTransportPolicy: this.relayOnly ? "relay" : "all" };
	}

	/** offer makes the offer to send; restart looks for a new way under the same keys. */
	async offer(restart: boolean): Promise<string> {
		await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: restart }));
		return this.pc.localDescription?.sdp ?? "";
	}

	async answer(sdp: string): Promise<void> {
		if (this.pc.signalingState === "have-local-offer") await this.pc.setRemoteDescription({ type: "answer", sdp });
	}

	/** renew takes fresh credentials for the next restart; what is relayed now goes on. */
	renew(relay: Relay): void {
		if (this.pc.signalingState !== "closed") this.pc.setConfiguration(this.configuration(relay));
	}

	async send(what: keyof Own, track: MediaStreamTrack | null): Promise<void> {
		const sender = what === "sound" ? this.voice : what === "picture" ? this.face : this.shown;
		await sender?.replaceTrack(track);
	}

	/** low switches the small picture on or off that is sent beside the large one. */
	async low(on: boolean): Promise<void> {
		const p = this.face?.getParameters();
		const encoding = p?.encodings[1];
		if (!p || !encoding || encoding.active === on) return;
		encoding.active = on;
		await this.face?.setParameters(p);
	}

	get connected(): boolean {
		return this.pc.connectionState === "connected";
	}

	close(): void {
		this.pc.onconnectionstatechange = null;
		this.pc.onicecandidateerror = null;
		this.pc.close();
	}
}

import { call } from "./call";
import { Failure } from "./problem";

/** What the server offers a device: the JSON forms of WebAuthn, of which this reads so much. */
interface Offer {
	challenge: string;
	rp?: { id: string; name: string };
	rpId?: string;
	user?: { id: string; name: string; displayName: string };
	pubKeyCredParams?: PublicKeyCredentialParameters[];
	authenticatorSelection?: AuthenticatorSelectionCriteria;
	attestation?: AttestationConveyancePreference;
	userVerification?: UserVerificationRequirement;
	excludeCredentials?: { id: string; type: "public-key"; transports?: AuthenticatorTransport[] }[];
	allowCredentials?: { id: string; type: "public-key"; transports?: AuthenticatorTransport[] }[];
	timeout?: number;
}

/** able tells whether passkeys can be had here: in a browser that has them, at an address with a name. */
export function able(): boolean {
	return typeof PublicKeyCredential !== "undefined" && isSecureContext && !/^[\d.]+$|:/.test(location.hostname);
}

/** bytes reads base64url. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
	const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
	return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

/** text writes base64url. */
export function text(buffer: ArrayBuffer | null): string {
	if (!buffer) return "";
	return btoa(String.fromCharCode(...new Uint8Array(buffer)))
		.replace(/\+/g, "-")
		.replace(/\//g, "_")
		.replace(/=+$/, "");
}

const listed = (keys: Offer["allowCredentials"] = []) => keys.map((k) => ({ ...k, id: bytes(k.id) }));

/** make has the device make a passkey, and answers what it says. */
export async function make(options: unknown): Promise<unknown> {
	const o = options as Required<Offer>;
	const made = await asked(() =>
		navigator.credentials.create({
			publicKey: {
				challenge: bytes(o.challenge),
				rp: o.rp,
				user: { ...o.user, id: bytes(o.user.id) },
				pubKeyCredParams: o.pubKeyCredParams,
				authenticatorSelection: o.authenticatorSelection,
				attestation: o.attestation ?? "none",
				excludeCredentials: listed(o.excludeCredentials),
				timeout: o.timeout,
			},
		}),
	);
	const r = made.response as AuthenticatorAttestationResponse;
	return {
		...plain(made),
		response: { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports?.() ?? [] },
	};
}

/** show has the device show a passkey; waiting quietly in the field's suggestions when `quietly` says until when. */
export async function show(options: unknown, quietly?: AbortSignal): Promise<unknown> {
	const o = options as Offer;
	const request: CredentialRequestOptions = {
		publicKey: { challenge: bytes(o.challenge), rpId: o.rpId, userVerification: o.userVerification, allowCredentials: listed(o.allowCredentials), timeout: o.timeout },
	};
	if (quietly) Object.assign(request, { mediation: "conditional", signal: quietly });
	const shown = await asked(() => navigator.credentials.get(request));
	const r = shown.response as AuthenticatorAssertionResponse;
	return {
		...plain(shown),
		response: { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: text(r.userHandle) },
	};
}

function plain(c: PublicKeyCredential) {
	return { id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: {}, authenticatorAttachment: c.authenticatorAttachment ?? undefined };
}

/** asked says in our words what the browser throws. */
async function asked(work: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
	try {
		const got = await work();
		if (got) return got as PublicKeyCredential;
	} catch (err) {
		const name = err instanceof DOMException ? err.name : "";
		if (name === "AbortError") throw err;
		if (name === "InvalidStateError") throw new Failure(409, "passkey-there", "");
		if (name === "SecurityError" || name === "NotSupportedError") throw new Failure(409, "passkeys-off", "");
	}
	throw new Failure(409, "passkey-unheard", "");
}

/** How long a question is asked before a fresh one takes its place; the server's is good for a minute longer. */
const fresh = 4 * 60_000;

/** suggest offers passkeys among what the browser fills into the field, until it is stopped or one was shown. */
export async function suggest(stop: AbortSignal, shown: (credential: unknown) => Promise<void>): Promise<void> {
	if (!able() || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
	while (!stop.aborted) {
		const turn = new AbortController();
		const end = () => turn.abort();
		stop.addEventListener("abort", end);
		const timer = setTimeout(end, fresh);
		try {
			const { public_key } = await call("POST /sign-in/passkey/options", { signal: stop });
			await shown(await show(public_key, turn.signal));
			return;
		} catch {
			if (!turn.signal.aborted) return; // refused, or away: the button and the code are there
		} finally {
			clearTimeout(timer);
			stop.removeEventListener("abort", end);
		}
		await looking(stop);
	}
}

/** looking waits until somebody looks at the page again: nobody is asked in the dark. */
function looking(stop: AbortSignal): Promise<void> {
	return new Promise((done) => {
		const look = () => {
			if (document.hidden && !stop.aborted) return;
			document.removeEventListener("visibilitychange", look);
			done();
		};
		document.addEventListener("visibilitychange", look);
		stop.addEventListener("abort", look, { once: true });
		look();
	});
}

import { afterEach, describe, expect, it, vi } from "vitest";

import { bytes, make, show, text } from "./passkey";
import { Failure } from "./problem";

const buffer = (...n: number[]) => Uint8Array.from(n).buffer;

afterEach(() => vi.unstubAllGlobals());

function device(credentials: Partial<CredentialsContainer>) {
	vi.stubGlobal("navigator", { credentials });
}

describe("what a device says", () => {
	it("goes both ways as base64url, whatever the bytes", () => {
		for (const all of [[], [0], [251, 255, 254], Array.from({ length: 256 }, (_, n) => n)]) {
			const said = text(buffer(...all));
			expect(said).not.toMatch(/[+/=]/);
			expect([...bytes(said)]).toEqual(all);
		}
		expect(text(null)).toBe("");
	});

	it("is sent as WebAuthn writes it, and asked with bytes", async () => {
		let asked: CredentialRequestOptions | undefined;
		device({
			get: async (o) => {
				asked = o;
				return { id: "AQ", rawId: buffer(1), type: "public-key", response: { clientDataJSON: buffer(2), authenticatorData: buffer(3), signature: buffer(4), userHandle: buffer(5) } } as never;
			},
		});

		const said = await show({ challenge: "_w", rpId: "clinic.example", userVerification: "required" });

		expect([...(asked?.publicKey?.challenge as Uint8Array)]).toEqual([255]);
		expect(asked?.publicKey?.allowCredentials).toEqual([]);
		expect(asked?.mediation).toBeUndefined();
		expect(said).toMatchObject({ id: "AQ", rawId: "AQ", type: "public-key", response: { clientDataJSON: "Ag", authenticatorData: "Aw", signature: "BA", userHandle: "BQ" } });
	});

	it("is offered quietly in the field when that is asked for", async () => {
		let asked: CredentialRequestOptions | undefined;
		device({
			get: async (o) => {
				asked = o;
				throw new DOMException("", "AbortError");
			},
		});

		await expect(show({ challenge: "_w" }, new AbortController().signal)).rejects.toThrow(DOMException);

		expect(asked?.mediation).toBe("conditional");
	});

	it.each([
		["InvalidStateError", "passkey-there"],
		["NotAllowedError", "passkey-unheard"],
		["SecurityError", "passkeys-off"],
	])("%s is said in our words", async (name, code) => {
		device({
			create: async () => {
				throw new DOMException("", name);
			},
		});

		const made = make({ challenge: "_w", rp: { id: "x", name: "x" }, user: { id: "AQ", name: "a", displayName: "a" }, pubKeyCredParams: [] });

		await expect(made).rejects.toMatchObject(new Failure(409, code, ""));
	});
});

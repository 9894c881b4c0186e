import { describe, expect, it } from "vitest";

import { nameOf, Places } from "./guest";

function storage(): Storage {
	const all = new Map<string, string>();
	return { getItem: (k: string) => all.get(k) ?? null, setItem: (k: string, v: string) => void all.set(k, v), removeItem: (k: string) => void all.delete(k), all } as unknown as Storage;
}

const link = "vis_1.secretsecretsecret";

describe("a guest's place", () => {
	it("is found again by the same browser with the same link", () => {
		const store = storage();

		new Places(store).write(link, { session: "ses", visit: "vis_1", name: "Wu Jing" });

		expect(new Places(store).read(link)).toEqual({ session: "ses", visit: "vis_1", name: "Wu Jing" });
	});

	it("is nobody else's: another link of the same call has none", () => {
		const store = storage();
		const places = new Places(store);

		places.write(link, { session: "ses", visit: "vis_1", name: "" });

		expect(places.read("vis_1.another")).toBeUndefined();
	});

	it("is kept without the link", () => {
		const store = storage() as Storage & { all: Map<string, string> };

		new Places(store).write(link, { session: "ses", visit: "vis_1", name: "" });

		expect([...store.all].flat().join(" ")).not.toContain("secret");
		expect(nameOf(link)).not.toBe(nameOf(`${link}x`));
	});

	it("is gone once the call has ended", () => {
		const places = new Places(storage());
		places.write(link, { session: "ses", visit: "vis_1", name: "" });

		places.drop(link);

		expect(places.read(link)).toBeUndefined();
	});

	it("does without a browser's storage, and with what somebody wrote there", () => {
		const store = storage();
		store.setItem(nameOf(link), "{broken");

		expect(new Places(undefined).read(link)).toBeUndefined();
		expect(new Places(store).read(link)).toBeUndefined();
	});
});

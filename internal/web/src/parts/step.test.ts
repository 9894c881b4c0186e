import { expect, it } from "vitest";

import { heard, moments } from "./step";

const files = [
	{ offset_ms: 0, length_ms: 10_000 },
	{ offset_ms: 2500, length_ms: 4000 },
];

it("knows where each file stands at a moment of the recording", () => {
	expect(moments(files, 0)).toEqual([0, undefined]);
	expect(moments(files, 3000)).toEqual([3, 0.5]);
	expect(moments(files, 6500)).toEqual([6.5, 4]);
	expect(moments(files, 6501)).toEqual([6.501, undefined]);
});

it("moves a player only when it is off by more than anybody notices", () => {
	const player = { currentTime: 3.1, paused: false, pause: () => {}, play: async () => {} } as unknown as HTMLVideoElement;
	heard(player, 3, true);
	expect(player.currentTime).toBe(3.1);
	heard(player, 4, true);
	expect(player.currentTime).toBe(4);
});

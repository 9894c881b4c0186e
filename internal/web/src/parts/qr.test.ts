import { describe, expect, it } from "vitest";

import { squares } from "./qr";

describe("a code that another phone reads", () => {
	it("is drawn with its three corners and a light border around it", () => {
		const { size, path } = squares("482913");
		expect(size).toBe(21 + 2 * 3); // version 1 and three fields on each side
		for (const corner of ["M3 3h7v1H3z", `M${size - 10} 3h7v1H${size - 10}z`, `M3 ${size - 10}h7v1H3z`]) expect(path).toContain(corner);
		for (const run of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
			const [x, y, long] = run.slice(1).map(Number) as [number, number, number];
			expect(Math.min(x, y)).toBeGreaterThanOrEqual(3);
			expect(Math.max(x + long, y + 1)).toBeLessThanOrEqual(size - 3);
		}
	});

	it("is another one for another code", () => expect(squares("482913").path).not.toBe(squares("482914").path));
});

import type { Table } from "../../client/router";

/** Addresses that anybody may open, signed in or not. */
export const table: Table = [
	["/t", () => import("./track")],
	["/verify", () => import("./verify")],
	["/g", () => import("./guest")],
	["/call", () => import("./check")],
];

import type { Role } from "../../roles";
import { words } from "./words";

/** Everybody's own screens; for roles that have no screens of their own, all there is. */
export const own = [
	["/me", () => import("./me")],
	["/passkeys", () => import("./passkeys")],
] as const;

export const role: Role = {
	home: () => "/me",
	table: [...own],
	tabs: () => [{ to: "/me", icon: "user", text: words().me, last: true }],
	staff: true,
};

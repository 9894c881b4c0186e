import "./courier.css";

import type { Role } from "../../roles";
import { own } from "../shared/routes";
import { words } from "./words";

export const role: Role = {
	home: () => "/c",
	table: [
		["/c", () => import("./now")],
		["/c/job/:id", () => import("./now")],
		["/c/talk/:order", () => import("./talk")],
		["/c/earnings", () => import("./earnings")],
		["/c/papers", () => import("./papers")],
		...own,
	],
	tabs: () => {
		const w = words();
		return [
			{ to: "/c", icon: "bike", text: w.now, also: /^\/c\/(job|talk)\// },
			{ to: "/c/earnings", icon: "receipt", text: w.earnings },
			{ to: "/c/papers", icon: "shield-check", text: w.papers },
			{ to: "/me", icon: "user", text: w.me, last: true },
		];
	},
	staff: true,
};

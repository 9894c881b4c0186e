import "./doctor.css";

import type { Role } from "../../roles";
import { own } from "../shared/routes";
import { words } from "./words";

export const role: Role = {
	home: () => "/d",
	table: [
		["/d", () => import("./today")],
		["/d/queue", () => import("./queue")],
		["/d/visit/:id", () => import("./visit")],
		["/d/visit/:id/recordings", () => import("./recordings")],
		["/d/visit/:id/said", () => import("./said")],
		["/d/hours", () => import("./hours")],
		...own,
	],
	tabs: () => {
		const w = words();
		return [
			{ to: "/d", icon: "calendar", text: w.today, also: /^\/d\/visit\// },
			{ to: "/d/queue", icon: "users", text: w.queue },
			{ to: "/d/hours", icon: "clock", text: w.hours },
			{ to: "/me", icon: "user", text: w.me, last: true },
		];
	},
	staff: true,
};

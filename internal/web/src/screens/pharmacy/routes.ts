import "./pharmacy.css";

import type { Role } from "../../roles";
import { own } from "../shared/routes";
import { words } from "./words";

export const role: Role = {
	home: () => "/p",
	table: [
		["/p", () => import("./work")],
		["/p/order/:id", () => import("./order")],
		["/p/talk/:order", () => import("./talk")],
		["/p/stock", () => import("./stock")],
		["/p/hours", () => import("./hours")],
		["/p/records", () => import("./records")],
		...own,
	],
	tabs: () => {
		const w = words();
		return [
			{ to: "/p", icon: "clipboard-list", text: w.work, also: /^\/p\/(order|talk)\// },
			{ to: "/p/stock", icon: "package", text: w.stock },
			{ to: "/p/hours", icon: "clock", text: w.hours },
			{ to: "/p/records", icon: "receipt", text: w.records },
			{ to: "/me", icon: "user", text: words().me, last: true },
		];
	},
	staff: true,
};

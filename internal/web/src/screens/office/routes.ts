import "./office.css";

import type { Role } from "../../roles";
import type { Table } from "../../client/router";
import type { Tab } from "../../parts/shell";
import { own } from "../shared/routes";
import { words } from "./words";

const cases: Table = [
	["/o/cases", () => import("./cases")],
	["/o/case/:id", () => import("./case")],
];
const audit: Table = [["/o/audit", () => import("./audit")]];

const casesTab = (): Tab => ({ to: "/o/cases", icon: "headset", text: words().cases, also: /^\/o\/case\// });
const auditTab = (): Tab => ({ to: "/o/audit", icon: "eye", text: words().audit });
const meTab = (): Tab => ({ to: "/me", icon: "user", text: words().me, last: true });

/** The operator's screens. */
export const operator: Role = {
	home: () => "/o",
	table: [
		["/o", () => import("./city")],
		["/o/stages", () => import("./stages")],
		["/o/forecast", () => import("./forecast")],
		["/o/exports", () => import("./exports")],
		["/o/vetting", () => import("./vetting")],
		["/o/zones", () => import("./zones")],
		["/o/coupons", () => import("./coupons")],
		["/o/stuck", () => import("./stuck")],
		...cases,
		...own,
	],
	tabs: () => {
		const w = words();
		return [
			{ to: "/o", icon: "map", text: w.city },
			{ to: "/o/stages", icon: "chart-column", text: w.stages },
			{ to: "/o/forecast", icon: "chart-line", text: w.forecast },
			{ to: "/o/vetting", icon: "shield-check", text: w.vetting },
			{ to: "/o/zones", icon: "layers", text: w.zones },
			{ to: "/o/coupons", icon: "ticket-percent", text: w.coupons },
			{ to: "/o/stuck", icon: "refresh-cw", text: w.stuck },
			casesTab(),
			{ to: "/o/exports", icon: "file-down", text: w.exports },
			meTab(),
		];
	},
	staff: true,
};

/** Support's screens. */
export const support: Role = { home: () => "/o/cases", table: [...cases, ...own], tabs: () => [casesTab(), meTab()], staff: true };

/** The auditor's screens. */
export const auditor: Role = { home: () => "/o/audit", table: [...audit, ...own], tabs: () => [auditTab(), meTab()], staff: true };

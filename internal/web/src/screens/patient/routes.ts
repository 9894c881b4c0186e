import { about } from "../../client/about";
import { size } from "../../client/session";
import type { Role } from "../../roles";
import { words } from "./home-words";

/** The screens of a patient and of who helps one. */
export const role: Role = {
	quiet: /^\/(intake\/|visit\/[^/]+\/(wait|call))/,
	home: (me) => (me.patient ? `/for/${me.patient}` : "/circle"),
	table: [
		["/for/:person", () => import("./home")],
		["/for/:person/visits", () => import("./visits")],
		["/for/:person/medicine", () => import("./medicine")],
		["/for/:person/addresses", () => import("./book")],
		["/for/:person/receipts", () => import("./receipts")],
		["/intake/:id", () => import("./intake")],
		["/intake/:id/when", () => import("./when")],
		["/intake/:id/times", () => import("./times")],
		["/intake/:id/:step", () => import("./intake")],
		["/visit/:id", () => import("./visit")],
		["/visit/:id/wait", () => import("./wait")],
		["/visit/:id/call", () => import("./call")],
		["/visit/:id/recordings", () => import("./recordings")],
		["/visit/:id/said", () => import("./said")],
		["/visit/:visit/times", () => import("./times")],
		["/rx/:id", () => import("./rx")],
		["/rx/:id/order", () => import("./choose")],
		["/order/:id", () => import("./order")],
		["/order/:id/answer", () => import("./answer")],
		["/order/:id/thanks", () => import("./thanks")],
		["/order/:id/call", () => import("./talk")],
		["/receipt/:id", () => import("./receipt")],
		["/record/:person", () => import("./record")],
		["/record/:person/access", () => import("./access")],
		["/circle", () => import("./circle")],
		["/case/:id", () => import("./case")],
		["/me", () => import("./me")],
		["/passkeys", () => import("../shared/passkeys")],
	],
	tabs: (me) => {
		const w = words();
		const person = about.value || me.patient || "";
		const base = person ? `/for/${person}` : "/circle";
		if (size.value !== "normal")
			return [
				{ to: base, icon: "house", text: w.home },
				{ to: "/case/new", icon: "headset", text: w.callUs },
			];
		return [
			{ to: base, icon: "house", text: w.home, also: /^\/(intake|case)\// },
			{ to: `${base}/visits`, icon: "video", text: w.visits, also: /^\/visit\// },
			{ to: `${base}/medicine`, icon: "pill", text: w.medicine, also: /^\/(rx|order)\// },
			{ to: "/me", icon: "user", text: w.me, also: /^\/(record|circle|receipt|passkeys)/, last: true },
		];
	},
};

import type { AccountView } from "./api.gen";
import type { Table } from "./client/router";
import type { Tab } from "./parts/shell";

/** Role is what a folder of screens offers to the people it is for. */
export interface Role {
	/** Where they begin. */
	home: (me: AccountView) => string;
	table: Table;
	/** The navigation, in the language spoken now. */
	tabs: (me: AccountView) => Tab[];
	staff?: boolean;
	/** Addresses that have the whole phone for themselves: no tabs below. */
	quiet?: RegExp;
}

/** roleOf loads the screens of who is signed in, and nobody else's. */
export async function roleOf(me: AccountView): Promise<Role> {
	switch (me.role) {
		case "patient":
			return (await import("./screens/patient/routes")).role;
		case "courier":
			return (await import("./screens/courier/routes")).role;
		case "doctor":
			return (await import("./screens/doctor/routes")).role;
		case "pharmacist":
		case "pharmacy_staff":
			return (await import("./screens/pharmacy/routes")).role;
		case "operator":
			return (await import("./screens/office/routes")).operator;
		case "support":
			return (await import("./screens/office/routes")).support;
		case "auditor":
			return (await import("./screens/office/routes")).auditor;
		default:
			return (await import("./screens/shared/routes")).role;
	}
}

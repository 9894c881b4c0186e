import type { Role } from "../../roles";
import { own } from "../shared/routes";
import { words } from "../shared/words";

export const role: Role = {
	home: () => "/me",
	table: [...own],
	tabs: () => [{ to: "/me", icon: "user", text: words().me }],
};

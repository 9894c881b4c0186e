import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Feed } from "./feed";
import { feed as own } from "./session";

/** How long what comes together is waited for: one step leaves several events. */
const together = 150;

/** useFollowed counts what a feed of its own tells, beside one's own feed, as long as the screen is open. */
export function useFollowed(path: string): number {
	const heard = useSignal(0);
	useEffect(() => {
		const feed = new Feed(undefined, undefined, path);
		let soon: ReturnType<typeof setTimeout> | undefined;
		const unhear = feed.hear(() => {
			clearTimeout(soon);
			soon = setTimeout(() => (heard.value += 1), together);
		});
		// A page that nobody looks at holds no second connection: a browser opens six to us at most, for all tabs.
		const left = () => feed.stop();
		const unfollow = own.hear((e) => e === "reset" && !document.hidden && feed.start()); // signed in again, or back from away
		const looked = () => (document.hidden ? feed.stop() : feed.nudge());
		window.addEventListener("pagehide", left);
		window.addEventListener("pageshow", looked);
		document.addEventListener("visibilitychange", looked);
		if (!document.hidden) feed.start();
		return () => {
			window.removeEventListener("pagehide", left);
			window.removeEventListener("pageshow", looked);
			document.removeEventListener("visibilitychange", looked);
			clearTimeout(soon);
			unhear();
			unfollow();
			feed.stop();
		};
	}, [path]);
	return heard.value;
}

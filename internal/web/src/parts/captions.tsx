import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { type Call, canCaption, caption } from "../call";

/** useCaptions writes down what one says, for the others, once it was turned on and while one may be heard. */
export function useCaptions(live: Call, heard: boolean) {
	const is = useSignal({ on: false, failed: false });
	const { on, failed } = is.value;
	const runs = on && heard;
	useEffect(() => {
		if (!runs) return;
		return caption(live, document.documentElement.lang || "en", () => (is.value = { on: false, failed: true }));
	}, [live, runs]);
	return { can: canCaption(), on, failed, turn: (to: boolean) => (is.value = { on: to, failed: false }) };
}

import { signal } from "@preact/signals";

/** about is whose matter the screen shows: the navigation leads to the same person's other screens. */
export const about = signal("");

import { online } from "./call";
import { Failure, failureOf } from "./problem";

/** download fetches a file and hands it to the browser to keep; a refusal is a Failure like any other. */
export async function download(path: string, query: Record<string, string>, name: string): Promise<void> {
	const asked = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== ""));
	let answer: Response;
	try {
		answer = await fetch(`/api/v1${path}${asked.size ? `?${asked}` : ""}`, { credentials: "same-origin", cache: "no-store" });
		online.value = true;
	} catch {
		online.value = false;
		throw new Failure(0, "away", "");
	}
	if (!answer.ok) throw await failureOf(answer);
	const url = URL.createObjectURL(await answer.blob());
	const a = document.createElement("a");
	a.href = url;
	a.download = name;
	a.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser has taken it by then
}

/** dayOf is 2026-11-22, for the names of files and for fields. */
export function dayOf(at: number): string {
	const d = new Date(at);
	return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`;
}

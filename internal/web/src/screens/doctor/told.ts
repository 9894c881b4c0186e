import { words } from "../patient/intake-words";

/** complaintName is what a patient came with, in the words that they chose it by. */
export function complaintName(code: string): string {
	const plain = code.replace(/_/g, " ");
	return (words().complaints as Record<string, string>)[plain] ?? plain;
}

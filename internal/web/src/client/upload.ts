import { Failure } from "./problem";

/** fileKinds are what is taken anywhere: pictures, and papers as PDF. */
export const fileKinds: readonly string[] = ["image/jpeg", "image/png", "image/webp", "application/pdf"];

/** largestFile is the most that one file may have, in bytes. */
export const largestFile = 20 * 1024 * 1024;

/** upload puts the file where the server said, telling how far it is. */
export function upload(url: string, file: File, tell: (part: number) => void): Promise<void> {
	return new Promise((done, failed) => {
		const r = new XMLHttpRequest();
		r.open("PUT", url);
		r.setRequestHeader("Content-Type", file.type);
		r.setRequestHeader("If-None-Match", "*"); // the first upload counts
		r.upload.onprogress = (e) => e.lengthComputable && tell(e.loaded / e.total);
		r.onload = () => (r.status < 300 || r.status === 412 ? done() : failed(new Failure(r.status, "upload", "")));
		r.onerror = () => failed(new Failure(0, "away", ""));
		r.send(file);
	});
}

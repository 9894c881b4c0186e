import { call } from "../../client/call";
import { Failure } from "../../client/problem";

// A photo of a delivery that failed. It is kept on the phone with its step, and goes up before the step
// does, so that it works in a cellar too.

const widest = 1600; // enough to read a door's number by

/** small makes a photo fit for a weak network; what the browser can't draw is sent as it is. */
export async function small(file: Blob): Promise<Blob> {
	try {
		const picture = await createImageBitmap(file);
		const scale = Math.min(1, widest / Math.max(picture.width, picture.height));
		const canvas = document.createElement("canvas");
		canvas.width = Math.round(picture.width * scale);
		canvas.height = Math.round(picture.height * scale);
		canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
		picture.close();
		const out = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.82));
		return out && out.size < file.size ? out : file;
	} catch {
		return file;
	}
}

/** Keeping is where a photo goes: said first, then put, then looked at by the server. */
export interface Keeping {
	begin(key: string, type: string, size: number): Promise<{ attachment: string; url: string }>;
	put(url: string, photo: Blob): Promise<number>;
	settle(key: string, attachment: string): Promise<void>;
}

const server: Keeping = {
	begin: (key, type, size) => call("POST /uploads", { key, body: { purpose: "photo", type, size } }),
	put: async (url, photo) => {
		try {
			return (await fetch(url, { method: "PUT", body: photo, headers: { "Content-Type": photo.type, "If-None-Match": "*" } })).status;
		} catch {
			throw new Failure(0, "away", "");
		}
	},
	settle: async (key, id) => void (await call("POST /uploads/{id}/settle", { key, path: { id } })),
};

/**
 * sendPhoto answers the id of a photo that the server has taken, or "" when it refused it for good: the step
 * it belongs to is worth more than its picture. Without network it fails, and is tried again with its step.
 */
export async function sendPhoto(photo: Blob, key: string, to: Keeping = server): Promise<string> {
	try {
		const place = await to.begin(`${key}-b`, photo.type || "image/jpeg", photo.size);
		const status = await to.put(place.url, photo);
		if (status >= 500) throw new Failure(status, "upload", "");
		if (status >= 300 && status !== 412) return ""; // 412: it arrived the time before, and that was not heard
		await to.settle(`${key}-s`, place.attachment);
		return place.attachment;
	} catch (err) {
		if (err instanceof Failure && err.status >= 400 && err.status < 500 && err.status !== 401 && err.status !== 429) return "";
		throw err;
	}
}

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { both } from "../words/words";
import { Btn } from "./button";
import { useKeys } from "./keys";
import { Notice } from "./notice";
import { Sheet } from "./sheet";

const words = both({
	en: { hold: "Hold the code before the camera.", blocked: "The browser blocks the camera. Open the lock, allow it, or type the code." },
	zh: { hold: "请将码对准摄像头。", blocked: "浏览器未允许摄像头，请点地址栏锁形图标开启，或手动输入。" },
});

interface Detector {
	detect(from: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type Detectors = { BarcodeDetector?: new (o: { formats: string[] }) => Detector };

/** canRead tells whether this browser reads codes with the camera; elsewhere they are typed. */
export const canRead = (): boolean => typeof window !== "undefined" && !!(window as Detectors).BarcodeDetector && !!navigator.mediaDevices;

/** ReadCode is a button that reads codes with the camera. onRead answers true once it has enough. Absent where the browser can't. */
export function ReadCode({ label, formats, onRead, said, test, small, letter }: { label: string; formats: string[]; onRead: (text: string) => boolean; said?: string; test?: string; small?: boolean; letter?: string }) {
	const open = useSignal(false);
	useKeys(letter && canRead() ? { [letter]: () => (open.value = true) } : {});
	if (!canRead()) return null;
	return (
		<>
			<Btn icon="scan-barcode" wide={!small} small={small ?? false} {...(letter ? { keycap: letter.toUpperCase() } : {})} onPress={() => (open.value = true)} test={test}>
				{label}
			</Btn>
			{open.value && <Looking label={label} formats={formats} onRead={onRead} said={said} onClose={() => (open.value = false)} />}
		</>
	);
}

function Looking({ label, formats, onRead, said, onClose }: { label: string; formats: string[]; onRead: (text: string) => boolean; said: string | undefined; onClose: () => void }) {
	const w = words();
	const video = useRef<HTMLVideoElement>(null);
	const blocked = useSignal(false);
	const take = useRef(onRead);
	take.current = onRead;
	useEffect(() => {
		let gone = false;
		let stream: MediaStream | undefined;
		const look = async () => {
			stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
			const v = video.current;
			const Known = (window as Detectors).BarcodeDetector;
			if (gone || !v || !Known) return stream.getTracks().forEach((t) => t.stop());
			v.srcObject = stream;
			await v.play();
			const detector = new Known({ formats });
			while (!gone) {
				for (const hit of await detector.detect(v)) if (hit.rawValue && take.current(hit.rawValue)) return onClose();
				await new Promise((r) => setTimeout(r, 120));
			}
		};
		look().catch(() => (blocked.value = true));
		return () => {
			gone = true;
			stream?.getTracks().forEach((t) => t.stop());
		};
	}, []);
	return (
		<Sheet title={label} open onClose={onClose} test="reading">
			<div class="stack">
				{blocked.value ? <Notice kind="warn">{w.blocked}</Notice> : <p class="sub">{w.hold}</p>}
				<video ref={video} class="reading" muted playsInline />
				<p role="status" class="sub num">
					{said}
				</p>
			</div>
		</Sheet>
	);
}

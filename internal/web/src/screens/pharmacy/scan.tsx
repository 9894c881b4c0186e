import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Btn } from "../../parts/button";
import { Trouble } from "../../parts/notice";
import { Sheet } from "../../parts/sheet";
import { type Read, readGS1 } from "./gs1";
import { words } from "./words";

interface Detector {
	detect(from: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type Detectors = { BarcodeDetector?: new (o: { formats: string[] }) => Detector };

/** Scan reads a pack's code with the camera, where the browser can; elsewhere it is typed. */
export function Scan({ onRead }: { onRead: (r: Read) => void }) {
	const w = words();
	const open = useSignal(false);
	if (!(window as Detectors).BarcodeDetector) return null;
	return (
		<>
			<Btn small icon="scan-barcode" onPress={() => (open.value = true)}>
				{w.scan}
			</Btn>
			{open.value && (
				<Camera
					onRead={(r) => {
						open.value = false;
						onRead(r);
					}}
					onClose={() => (open.value = false)}
				/>
			)}
		</>
	);
}

function Camera({ onRead, onClose }: { onRead: (r: Read) => void; onClose: () => void }) {
	const w = words();
	const video = useRef<HTMLVideoElement>(null);
	const problem = useSignal<unknown>(undefined);
	useEffect(() => {
		let gone = false;
		let stream: MediaStream | undefined;
		const Known = (window as Detectors).BarcodeDetector;
		const look = async () => {
			stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
			const v = video.current;
			if (gone || !v || !Known) return stream.getTracks().forEach((t) => t.stop());
			v.srcObject = stream;
			await v.play();
			const detector = new Known({ formats: ["data_matrix", "qr_code", "code_128", "ean_13"] });
			while (!gone) {
				const [hit] = await detector.detect(v);
				if (hit) return onRead(readGS1(hit.rawValue));
				await new Promise((r) => setTimeout(r, 120));
			}
		};
		look().catch((err) => (problem.value = err));
		return () => {
			gone = true;
			stream?.getTracks().forEach((t) => t.stop());
		};
	}, []);
	return (
		<Sheet title={w.scan} open onClose={onClose}>
			<p class="sub">{w.scanning}</p>
			<video ref={video} class="scan" muted playsInline />
			<Trouble problem={problem.value} />
		</Sheet>
	);
}

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { both } from "../words/words";
import { IconBtn } from "./button";

const words = both({ en: { close: "Close" }, zh: { close: "关闭" } });

/** Sheet lies over the screen until it is answered or closed; Escape closes it, and the focus goes back. */
export function Sheet({ title, open, onClose, children, fixed, test }: { title: string; open: boolean; onClose: () => void; children: ComponentChildren; fixed?: boolean; test?: string }) {
	const box = useRef<HTMLDialogElement>(null);
	const id = useId();
	useEffect(() => {
		const d = box.current;
		if (!d || !open) return;
		d.showModal();
		return () => d.close();
	}, [open]);
	if (!open) return null;
	return (
		<dialog
			ref={box}
			class="sheet"
			aria-labelledby={id}
			data-test={test}
			onCancel={(e) => {
				e.preventDefault();
				if (!fixed) onClose();
			}}
			onClick={(e) => {
				if (e.target === box.current && !fixed) onClose();
			}}
		>
			<div class="in">
				<div class="head">
					<h2 id={id} class="voice">
						{title}
					</h2>
					{!fixed && <IconBtn icon="x" label={words().close} onPress={onClose} />}
				</div>
				{children}
			</div>
		</dialog>
	);
}

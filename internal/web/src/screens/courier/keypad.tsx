import { useId } from "preact/hooks";

import { Icon } from "../../parts/icon";
import { words } from "./words";

/** Keypad types figures with a thumb; a keyboard, a paste and a screen reader use the field above it. */
export function Keypad({ value, length, onType }: { value: string; length: number; onType: (v: string) => void }) {
	const w = words();
	const id = useId();
	const add = (d: string) => onType((value + d).slice(0, length));
	return (
		<div class="keypad">
			<label class="sr" for={id}>
				{w.pinTitle}
			</label>
			<input id={id} class="pin" inputMode="none" autocomplete="off" value={value} maxLength={length} onInput={(e) => onType(e.currentTarget.value.replace(/\D/g, "").slice(0, length))} data-test="pin" />
			<div class="keys">
				{["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((d) => (
					<button key={d} type="button" onClick={() => add(d)} data-test={`key-${d}`}>
						{d}
					</button>
				))}
				<span />
				<button type="button" onClick={() => add("0")} data-test="key-0">
					0
				</button>
				<button type="button" aria-label={w.del} onClick={() => onType(value.slice(0, -1))}>
					<Icon name="undo-2" />
				</button>
			</div>
		</div>
	);
}

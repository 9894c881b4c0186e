import { Options } from "../../parts/field";
import { words } from "./visit-words";

/** CardPick chooses what to pay with. The sandbox knows two cards. */
export function CardPick({ value, onPick }: { value: string; onPick: (v: string) => void }) {
	const w = words().when;
	return (
		<div>
			<Options
				legend={w.card}
				value={value as "card_ok"}
				onPick={onPick}
				of={[
					{ value: "card_ok", text: w.cards.card_ok },
					{ value: "card_refused" as "card_ok", text: w.cards.card_refused },
				]}
				test="card"
			/>
			<p class="sub">{w.sandbox}</p>
		</div>
	);
}

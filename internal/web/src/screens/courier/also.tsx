import type { AlsoView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { Icon } from "../../parts/icon";
import { slot } from "../../words/say";
import { words } from "./words";

/** AlsoOn tells of the other bags of a ride, each with the time its door was promised: on board, or at another counter. */
export function AlsoOn({ bags }: { bags: readonly AlsoView[] | undefined }) {
	const w = words();
	if (!bags?.length) return null;
	return (
		<ul class="also num" aria-label={w.alsoHint} data-test="also">
			{bags.map((b) => (
				<Bag key={b.job} bag={b} />
			))}
		</ul>
	);
}

function Bag({ bag }: { bag: AlsoView }) {
	const w = words();
	const pharmacy = useLive(`pharmacy ${bag.pharmacy}`, () => call("GET /pharmacies/{id}", { path: { id: bag.pharmacy } }), () => false);
	const at = useNow();
	const until = bag.slot ? slot(bag.slot.from, bag.slot.until) : w.left(Math.floor((+new Date(bag.deadline) - at) / 60_000));
	return (
		<li data-test={bag.on_board ? "also-aboard" : "also-counter"}>
			<Icon name={bag.on_board ? "package-check" : "store"} />
			<span>{bag.on_board ? w.aboard(until) : w.thenCounter(pharmacy.data?.name ?? w.pharmacy, until)}</span>
		</li>
	);
}

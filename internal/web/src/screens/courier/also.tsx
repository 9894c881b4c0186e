import type { AlsoView } from "../../api.gen";
import { call } from "../../client/call";
import { useLive, useNow } from "../../client/live";
import { Icon } from "../../parts/icon";
import { slot } from "../../words/say";
import { words } from "./words";

/**
 * AlsoOn tells of the other bags of a ride, each with the time its door was promised: on board, or at another counter,
 * which comes after the present step, or, while one more is offered, was said yes to before.
 */
export function AlsoOn({ bags, offered }: { bags: readonly AlsoView[] | undefined; offered?: true }) {
	const w = words();
	if (!bags?.length) return null;
	return (
		<ul class="also num" aria-label={w.alsoHint} data-test="also">
			{bags.map((b) => (
				<Bag key={b.job} bag={b} counter={offered ? w.inHand : w.thenCounter} />
			))}
		</ul>
	);
}

function Bag({ bag, counter }: { bag: AlsoView; counter: (name: string, until: string) => string }) {
	const w = words();
	const pharmacy = useLive(`pharmacy ${bag.pharmacy}`, () => call("GET /pharmacies/{id}", { path: { id: bag.pharmacy } }), () => false);
	const at = useNow();
	const until = bag.slot ? slot(bag.slot.from, bag.slot.until) : w.left(Math.floor((+new Date(bag.deadline) - at) / 60_000));
	return (
		<li data-test={bag.on_board ? "also-aboard" : "also-counter"}>
			<Icon name={bag.on_board ? "package-check" : "store"} />
			<span>{bag.on_board ? w.aboard(until) : counter(pharmacy.data?.name ?? w.pharmacy, until)}</span>
		</li>
	);
}

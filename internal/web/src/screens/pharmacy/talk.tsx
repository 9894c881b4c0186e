import { Talk } from "../../parts/talk";

/** Talk of a pharmacy: the order's chat. */
export default function PharmacyTalk({ order }: { order: string }) {
	return <Talk order={order} up="/p" />;
}

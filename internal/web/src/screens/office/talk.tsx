import { Talk } from "../../parts/talk";

/** Talk of support: an order's chat and its sound room. */
export default function SupportTalk({ order }: { order: string }) {
	return <Talk order={order} up="/o/cases" />;
}

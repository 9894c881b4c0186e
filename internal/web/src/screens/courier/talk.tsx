import { Talk } from "../../parts/talk";

/** Talk of a courier: the order's chat, so that no number is given away. */
export default function CourierTalk({ order }: { order: string }) {
	return <Talk order={order} up="/c" />;
}

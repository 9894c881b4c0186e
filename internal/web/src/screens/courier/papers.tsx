import { Papers } from "../../parts/papers";

/** Papers of a courier: what runs out when. */
export default function CourierPapers() {
	return <Papers />;
}

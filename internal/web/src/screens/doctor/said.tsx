import { Said } from "../../parts/said";

/** What was written and sent in a visit's calls, for the doctor who treats. */
export default function SaidIn({ id }: { id: string }) {
	return <Said visit={id} up={`/d/visit/${id}`} />;
}

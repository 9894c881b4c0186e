import { Recordings } from "../../parts/recording";

/** What was recorded of a visit's calls, for the doctor who treats. */
export default function RecordingsOf({ id }: { id: string }) {
	return <Recordings visit={id} up={`/d/visit/${id}`} />;
}

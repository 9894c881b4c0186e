import { Recordings } from "../../parts/recording";

/** What was recorded of a visit's calls, for the patient's side. */
export default function RecordingsOf({ id }: { id: string }) {
	return <Recordings visit={id} up={`/visit/${id}`} />;
}

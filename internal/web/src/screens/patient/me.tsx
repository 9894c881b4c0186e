import { about } from "../../client/about";
import { me } from "../../client/session";
import { Line, Lines } from "../../parts/list";
import Shared from "../shared/me";
import { words } from "./more-words";

/** Me of a patient: the circle, the book, the record, cases; below, what everybody has. */
export default function Me() {
	const w = words().me;
	const person = about.value || me.value?.patient || "";
	return (
		<Shared>
			<section>
				<Lines>
					<Line to="/circle" icon="users" title={w.circle} test="circle" />
					{person && (
						<>
							<Line to={`/record/${person}`} icon="clipboard-list" title={w.record} test="record" />
							<Line to={`/record/${person}/access`} icon="eye" title={w.who} />
							<Line to={`/for/${person}/addresses`} icon="map-pin" title={w.book} test="book" />
							<Line to={`/for/${person}/receipts`} icon="receipt" title={w.receipts} />
						</>
					)}
					<Line to="/case/new" icon="headset" title={w.cases} />
				</Lines>
			</section>
		</Shared>
	);
}

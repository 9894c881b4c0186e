import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { find, type Found, go, where } from "./client/router";
import { asking, me } from "./client/session";
import { Go } from "./parts/button";
import { Ghost, Head, Page } from "./parts/page";
import { Sheet } from "./parts/sheet";
import { Shell } from "./parts/shell";
import { Trouble } from "./parts/notice";
import { type Role, roleOf } from "./roles";
import { table as open } from "./screens/public/routes";
import SignIn, { SignInForm } from "./screens/shared/signin";
import { words } from "./screens/shared/words";
import { language } from "./words/words";

type Screen = ComponentType<Record<string, string>>;

/** App shows the screen of the address: anybody's, the sign-in, or one of the role that is signed in. */
export function App() {
	const found = find(open, where.value);
	if (found) return <Loaded key={found.pattern} found={found} bare />;
	if (me.value === undefined) return <Blank />;
	if (me.value === null) return <SignIn />;
	return (
		<>
			<ForRole key={me.value.id} />
			<Again />
		</>
	);
}

function Blank() {
	return (
		<Shell tabs={[]}>
			<Page title="housecall">
				<Ghost />
			</Page>
		</Shell>
	);
}

function ForRole() {
	const role = useSignal<Role | undefined>(undefined);
	const problem = useSignal<unknown>(undefined);
	const account = me.value;
	useEffect(() => {
		if (account) roleOf(account).then((r) => (role.value = r), (err) => (problem.value = err));
	}, [account?.role]);
	useEffect(() => {
		if (role.value && account && where.value === "/" && !find(role.value.table, "/")) go(role.value.home(account), true);
	}, [role.value, where.value]);
	if (!account) return null;
	if (!role.value)
		return (
			<Shell tabs={[]}>
				<Page title="housecall">
					<Ghost />
					<Trouble problem={problem.value} again={() => location.reload()} />
				</Page>
			</Shell>
		);
	const r = role.value;
	const found = find(r.table, where.value);
	return (
		<Shell tabs={r.tabs(account)} staff={r.staff} quiet={r.quiet?.test(where.value)} home={r.home(account)}>
			{found ? <Loaded key={`${found.pattern} ${found.props.id ?? found.props.person ?? found.props.visit ?? ""}`} found={found} /> : where.value === "/" ? <Ghost /> : <Gone home={r.home(account)} />}
		</Shell>
	);
}

function Gone({ home }: { home: string }) {
	const w = words();
	return (
		<Page title={w.gone}>
			<Head>{w.gone}</Head>
			<p class="hint">{w.goneHint}</p>
			<section>
				<Go kind="main" to={home}>
					{w.home}
				</Go>
			</section>
		</Page>
	);
}

const loaded = new Map<string, Screen>();

/** Loaded shows a screen once its code is there; a version that is gone from the server loads the app anew. */
function Loaded({ found, bare }: { found: Found; bare?: boolean }) {
	const screen = useSignal<Screen | undefined>(loaded.get(found.pattern));
	const problem = useSignal<unknown>(undefined);
	const load = () => {
		problem.value = undefined;
		found.load().then(
			(m) => {
				loaded.set(found.pattern, m.default as Screen);
				screen.value = m.default as Screen;
			},
			(err) => (problem.value = err),
		);
	};
	useEffect(load, [found.pattern]);
	if (screen.value) {
		const Of = screen.value;
		return <Of {...found.props} />;
	}
	const waiting = (
		<Page title="housecall">
			{problem.value ? (
				<>
					<Head>housecall</Head>
					<Trouble problem={problem.value} again={navigator.onLine ? () => location.reload() : load} />
				</>
			) : (
				<Ghost />
			)}
		</Page>
	);
	return bare ? <Shell tabs={[]}>{waiting}</Shell> : waiting;
}

/** Again asks to sign in over the screen, so that nothing typed is lost. */
function Again() {
	const w = words();
	void language.value;
	if (!asking.value) return null;
	const answer = asking.value;
	return (
		<Sheet title={w.expired} open onClose={() => answer(false)} test="sign-in-again">
			<p class="sub">{w.expiredHint}</p>
			<SignInForm titled={false} onDone={() => answer(true)} />
		</Sheet>
	);
}

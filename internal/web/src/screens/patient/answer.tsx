import { useAct } from "../../client/act";
import { call } from "../../client/call";
import { useLive } from "../../client/live";
import { go } from "../../client/router";
import { Btn, Go } from "../../parts/button";
import { Notice, Trouble } from "../../parts/notice";
import { Head, Page } from "../../parts/page";
import { medicine } from "../../words/medicine";
import { money } from "../../words/say";
import { loadOrder } from "./order";
import { words } from "./order-words";
import { Whom } from "./people";

/** The pharmacy's one question: old and new beside each other, and what it costs. */
export default function Answer({ id }: { id: string }) {
	const w = words().answer;
	const live = useLive(`order ${id}`, () => loadOrder(id));
	const d = live.data;
	const q = d?.order.question;
	const say = useAct(async (key, accepted: boolean) => {
		await call("POST /orders/{id}/answer", { key, path: { id }, body: { question: q?.id ?? "", accepted } });
		go(`/order/${id}`, true);
	});
	return (
		<Page
			title={w.title}
			of={live}
			up={`/order/${id}`}
			middle={<Whom person={d?.order.patient} />}
			foot={
				q ? (
					<>
						<Trouble problem={say.problem} />
						<Btn kind="main" wide busy={say.busy} onPress={() => void say(true)} test="accept">
							{w.accept}
						</Btn>
						<Btn wide busy={say.busy} onPress={() => void say(false)} test="decline">
							{w.decline}
						</Btn>
					</>
				) : (
					<Go kind="main" wide to={`/order/${id}`}>
						{w.toOrder}
					</Go>
				)
			}
		>
			{(x) => {
				const ask = x.order.question;
				if (!ask) return <Head>{w.none}</Head>;
				return (
					<div class="stack-l" data-test="question" data-kind={ask.kind}>
						<Head>{w.title}</Head>
						<p class="hint">{ask.kind === "substitute" ? w.substitute : w.dearer}</p>
						<div class="card">
							<dl class="facts">
								{ask.old && (
									<>
										<dt>{w.old}</dt>
										<dd>{medicine(ask.old)}</dd>
									</>
								)}
								{ask.new && (
									<>
										<dt>{w.new}</dt>
										<dd>
											<b>{medicine(ask.new)}</b>
										</dd>
									</>
								)}
								{ask.total && (
									<>
										<dt>{w.total}</dt>
										<dd class="num">
											<b>{money(ask.total)}</b> ({money(x.order.total)})
										</dd>
									</>
								)}
							</dl>
						</div>
						{ask.kind === "substitute" && <Notice>{w.same}</Notice>}
						<p class="sub">{w.declineHint}</p>
					</div>
				);
			}}
		</Page>
	);
}

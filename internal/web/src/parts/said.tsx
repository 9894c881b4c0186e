import { useSignal } from "@preact/signals";

import type { CallChatView, CallFileView, VisitView } from "../api.gen";
import { call } from "../client/call";
import { useLive } from "../client/live";
import { guestNames, orNothing } from "../screens/patient/facts";
import { words as visitWords } from "../screens/patient/visit-words";
import { when } from "../words/say";
import { both } from "../words/words";
import { Sent } from "./callfile";
import { Empty, Line, Lines } from "./list";
import { Notice, Trouble } from "./notice";
import { Head, Page } from "./page";

const words = both({
	en: {
		title: "From the call",
		hint: "What was written and sent in the call. The patient’s side and the doctor of this visit can see it, nobody else. Each time somebody looks is in the record’s audit.",
		files: "Photos and papers",
		written: "Messages",
		none: "Nothing was written or sent in this call.",
		destroyed: (at: string) => `What was written was kept for as long as it has to be, and destroyed on ${at}.`,
		gone: "A file",
		goneHint: (at: string) => `Kept for as long as it has to be, and destroyed on ${at}.`,
		size: (kb: number) => (kb < 1000 ? `${kb} KB` : `${(kb / 1000).toFixed(1)} MB`),
		sum: (messages: number, files: number) => [messages && `${messages} ${messages === 1 ? "message" : "messages"}`, files && `${files} ${files === 1 ? "file" : "files"}`].filter(Boolean).join(", "),
	},
	zh: {
		title: "通话中的内容",
		hint: "通话中的文字和文件，仅患者一方和本次就诊的医生可见，每次查看都会留下记录。",
		files: "照片和资料",
		written: "文字消息",
		none: "本次通话没有文字消息和文件。",
		destroyed: (at: string) => `文字消息保存期已满，已于${at}销毁。`,
		gone: "文件",
		goneHint: (at: string) => `保存期已满，已于${at}销毁。`,
		size: (kb: number) => (kb < 1000 ? `${kb} KB` : `${(kb / 1000).toFixed(1)} MB`),
		sum: (messages: number, files: number) => [messages && `${messages}条消息`, files && `${files}个文件`].filter(Boolean).join("，"),
	},
});

interface Loaded {
	visit: VisitView;
	chat: CallChatView;
	files: CallFileView[];
}

/** Said is what was written and sent in the calls of a visit, for who may read it once the call is over. */
export function Said({ visit, up }: { visit: string; up: string }) {
	const w = words();
	const path = { id: visit };
	// Asked once: each reading stands in the audit.
	const all = useLive<Loaded>(`no-keep said ${visit}`, async () => {
		const [of, chat, files] = await Promise.all([call("GET /visits/{id}", { path }), call("GET /visits/{id}/chat", { path }), call("GET /visits/{id}/files", { path })]);
		return { visit: of, chat, files: files.items };
	}, () => false, 0);
	return (
		<Page title={w.title} of={all} up={up}>
			{(d) => (
				<div class="stack-l" data-test="said" data-files={d.files.length} data-lines={d.chat.items.length}>
					<Head>{w.title}</Head>
					<p class="hint">{w.hint}</p>
					{d.files.length === 0 && d.chat.items.length === 0 && !d.chat.destroyed_at && (
						<Empty>
							<p>{w.none}</p>
						</Empty>
					)}
					<Files visit={visit} files={d.files} />
					{d.chat.destroyed_at && <Notice test="chat-destroyed">{w.destroyed(when(d.chat.destroyed_at))}</Notice>}
					<Chat d={d} />
				</div>
			)}
		</Page>
	);
}

function Files({ visit, files }: { visit: string; files: CallFileView[] }) {
	const w = words();
	const { roles } = visitWords().call;
	const problem = useSignal<unknown>(undefined);
	const open = async (file: string) => {
		problem.value = undefined;
		try {
			const to = await call("GET /visits/{id}/files/{file}", { path: { id: visit, file } });
			window.open(to.url, "_blank", "noopener");
		} catch (err) {
			problem.value = err;
		}
	};
	if (files.length === 0) return null;
	return (
		<section class="stack">
			<h2>{w.files}</h2>
			<Lines>
				{files.map((f) =>
					f.destroyed_at ? (
						<Line key={f.id} icon="file-text" title={w.gone} sub={w.goneHint(when(f.destroyed_at))} />
					) : (
						<Line key={f.id} icon={f.type.startsWith("image/") ? "image" : "file-text"} title={f.name} sub={[roles[f.role] ?? f.role, when(f.at), w.size(Math.max(1, Math.round(f.size / 1000)))].join(" · ")} onPress={() => void open(f.id)} test="said-file" />
					),
				)}
			</Lines>
			<Trouble problem={problem.value} />
		</section>
	);
}

function Chat({ d }: { d: Loaded }) {
	const w = words();
	const { roles } = visitWords().call;
	const names = guestNames(d.visit);
	const readable = new Set(d.files.filter((f) => !f.destroyed_at).map((f) => f.id));
	if (d.chat.items.length === 0) return null;
	return (
		<section class="stack">
			<h2>{w.written}</h2>
			{d.chat.items.map((l) => (
				<div key={l.n} class={`say ${l.role === "doctor" ? "" : "own"}`} data-test="said-line">
					<b>{names[l.seat] ?? roles[l.role] ?? l.role}</b> <span class="sub num">{when(l.at)}</span>
					{l.file ? <Sent visit={readable.has(l.file.id) ? d.visit.id : undefined} file={{ ref: l.file.id, name: l.file.name }} /> : <p class="pre break">{l.text}</p>}
				</div>
			))}
		</section>
	);
}

/** How much there is to be read of a visit's calls, in words; "" is nothing. Who may not read it learns of nothing. */
export async function saidOf(visit: string): Promise<string> {
	const path = { id: visit };
	const none = { items: [] };
	const [chat, files] = await Promise.all([orNothing<CallChatView>(call("GET /visits/{id}/chat", { path }), none), orNothing(call("GET /visits/{id}/files", { path }), none)]);
	return words().sum(chat.items.filter((l) => !l.file).length, files.items.length) || (chat.destroyed_at ? words().destroyed(when(chat.destroyed_at)) : "");
}

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import type { Call, Entry } from "../call";
import { call, newKey } from "../client/call";
import { fileKinds, largestFile, upload } from "../client/upload";
import { both } from "../words/words";
import { Btn } from "./button";
import { Trouble } from "./notice";

const words = both({
	en: {
		send: "Send a file",
		sending: (part: number) => `Sending, ${Math.round(part * 100)} %`,
		checking: "Being looked at",
		kind: "Send a JPEG, PNG or WebP picture, or a PDF.",
		large: "A file can have 20 MB at most. Make the picture smaller and try again.",
		open: (name: string) => `Open ${name}`,
	},
	zh: {
		send: "发送文件",
		sending: (part: number) => `正在发送，${Math.round(part * 100)}%`,
		checking: "正在检查",
		kind: "请发送JPEG、PNG、WebP图片或PDF。",
		large: "文件最大20 MB，请缩小后重试。",
		open: (name: string) => `打开${name}`,
	},
});

/** SendFile sends a file to the others of a visit's call: they are told once the server has looked at it. */
export function SendFile({ visit, live }: { visit: string; live: Call }) {
	const w = words();
	const pick = useRef<HTMLInputElement>(null);
	const is = useSignal<{ part: number; checking: boolean; said: string; problem: unknown } | undefined>(undefined);
	const send = async (file: File) => {
		const refused = !fileKinds.includes(file.type) ? w.kind : file.size > largestFile ? w.large : "";
		is.value = refused ? { part: -1, checking: false, said: refused, problem: undefined } : { part: 0, checking: false, said: "", problem: undefined };
		if (refused) return;
		const name = file.name.slice(-200) || "file";
		try {
			const path = { id: visit };
			const to = await call("POST /visits/{id}/files", { key: newKey(), path, body: { name, type: file.type, size: file.size } });
			await upload(to.url, file, (part) => (is.value = { part, checking: false, said: "", problem: undefined }));
			is.value = { part: 1, checking: true, said: "", problem: undefined };
			const kept = await call("POST /visits/{id}/files/{file}/settle", { key: newKey(), path: { ...path, file: to.attachment } });
			live.offerFile({ name: kept.name, size: kept.size, type: kept.type, ref: kept.id });
			is.value = undefined;
		} catch (problem) {
			is.value = { part: -1, checking: false, said: "", problem };
		}
	};
	const v = is.value;
	return (
		<div class="stack">
			<input
				ref={pick}
				type="file"
				hidden
				accept={fileKinds.join(",")}
				data-test="call-file"
				onChange={(e) => {
					const file = e.currentTarget.files?.[0];
					e.currentTarget.value = "";
					if (file) void send(file);
				}}
			/>
			<Btn small icon="file-text" busy={!!v && v.part >= 0} onPress={() => pick.current?.click()} test="send-file">
				{w.send}
			</Btn>
			<p class="sub" role="status">
				{v && v.part >= 0 && (v.checking ? w.checking : w.sending(v.part))}
			</p>
			{v?.said && (
				<p class="said" role="alert" data-test="file-refused">
					{v.said}
				</p>
			)}
			<Trouble problem={v?.problem} />
		</div>
	);
}

/** Sent is a file in a chat: who may read the visit's files opens it. */
export function Sent({ visit, file }: { visit: string | undefined; file: Pick<NonNullable<Entry["file"]>, "ref" | "name"> }) {
	const w = words();
	const problem = useSignal<unknown>(undefined);
	const open = async (id: string) => {
		problem.value = undefined;
		try {
			const to = await call("GET /visits/{id}/files/{file}", { path: { id, file: file.ref } });
			window.open(to.url, "_blank", "noopener");
		} catch (err) {
			problem.value = err;
		}
	};
	if (!visit) return <p class="pre">{file.name}</p>;
	return (
		<div>
			<Btn small icon="file-text" label={w.open(file.name)} onPress={() => void open(visit)} test="open-file">
				{file.name}
			</Btn>
			<Trouble problem={problem.value} />
		</div>
	);
}

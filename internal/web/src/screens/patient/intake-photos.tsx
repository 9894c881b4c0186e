import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import type { AttachmentView } from "../../api.gen";
import { call, newKey, online, versioned } from "../../client/call";
import { Failure } from "../../client/problem";
import { Btn, IconBtn } from "../../parts/button";
import { Said } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Trouble } from "../../parts/notice";
import { Head } from "../../parts/page";
import type { Answers } from "./intake-steps";
import { words } from "./intake-words";

interface Sending {
	key: string;
	file: File;
	part: number;
	state: "sending" | "checking" | "failed";
	problem?: unknown;
}

const most = 20 * 1024 * 1024;
const kinds = ["image/jpeg", "image/png", "image/webp", "application/pdf"];

/** upload puts the file where the server said, telling how far it is. */
function upload(url: string, file: File, tell: (part: number) => void): Promise<void> {
	return new Promise((done, failed) => {
		const r = new XMLHttpRequest();
		r.open("PUT", url);
		r.setRequestHeader("Content-Type", file.type);
		r.setRequestHeader("If-None-Match", "*"); // the first upload counts
		r.upload.onprogress = (e) => e.lengthComputable && tell(e.loaded / e.total);
		r.onload = () => (r.status < 300 || r.status === 412 ? done() : failed(new Failure(r.status, "upload", "")));
		r.onerror = () => failed(new Failure(0, "away", ""));
		r.send(file);
	});
}

/** Photos go straight to quarantine; they can be read once the server has looked at what they are. */
export function PhotoStep({ intake, draft }: Answers) {
	const w = words().photos;
	const sending = useSignal<Sending[]>([]);
	const said = useSignal("");
	const problem = useSignal<unknown>(undefined);
	const pick = useRef<HTMLInputElement>(null);
	const shoot = useRef<HTMLInputElement>(null);
	const change = (key: string, more: Partial<Sending>) => (sending.value = sending.value.map((s) => (s.key === key ? { ...s, ...more } : s)));

	const send = async (s: Sending) => {
		change(s.key, { state: "sending", part: 0, problem: undefined });
		try {
			await draft.flush();
			const path = { id: intake.id };
			const to = await call("POST /intakes/{id}/attachments", { key: s.key, path, body: { name: s.file.name.slice(-200) || "photo", type: s.file.type, size: s.file.size } });
			await upload(to.url, s.file, (part) => change(s.key, { part }));
			change(s.key, { state: "checking" });
			await call("POST /intakes/{id}/attachments/{attachment}/settle", { key: `${s.key}s`, path: { ...path, attachment: to.attachment } }).catch((err: unknown) => {
				if (!(err instanceof Failure) || err.status < 400 || err.status >= 500) throw err; // refused for good: the list says so
			});
			sending.value = sending.value.filter((x) => x.key !== s.key);
			await draft.open();
		} catch (err) {
			change(s.key, { state: "failed", problem: err });
		}
	};
	const take = (e: Event & { currentTarget: HTMLInputElement }) => {
		said.value = "";
		for (const file of [...(e.currentTarget.files ?? [])]) {
			if (file.size > most) said.value = w.large(Math.ceil(file.size / 1048576));
			else if (!kinds.includes(file.type)) said.value = w.kind;
			else {
				const s: Sending = { key: newKey(), file, part: 0, state: "sending" };
				sending.value = [...sending.value, s];
				void send(s);
			}
		}
		e.currentTarget.value = "";
	};
	const remove = async (a: AttachmentView) => {
		problem.value = undefined;
		try {
			const v = await versioned("DELETE /intakes/{id}/attachments/{attachment}", { path: { id: intake.id, attachment: a.id } });
			draft.put(v.body, v.tag);
		} catch (err) {
			problem.value = err;
		}
	};
	return (
		<>
			<Head>{w.title}</Head>
			<p class="hint">{w.hint}</p>
			<section class="stack-l">
				<ul class="thumbs">
					{intake.attachments.map((a) => (
						<li key={a.id} data-test="attachment" data-state={a.state}>
							<Thumb intake={intake.id} a={a} />
							<span class="sub">{a.state === "readable" ? w.ready : a.state === "refused" ? w.refused : w.checking}</span>
							<IconBtn icon="x" label={words().remove(a.name)} onPress={() => void remove(a)} />
						</li>
					))}
					{sending.value.map((s) => (
						<li key={s.key} data-test="sending">
							<span class="thumb">
								<Icon name="refresh-cw" />
							</span>
							<span class="sub" role="status">
								{s.state === "checking" ? w.checking : s.state === "failed" ? (online.value ? "" : w.waiting) : w.sending(Math.round(s.part * 100))}
								{s.state === "failed" && <Trouble problem={s.problem} />}
							</span>
							{s.state === "failed" && <IconBtn icon="refresh-cw" label={w.again} onPress={() => void send(s)} />}
						</li>
					))}
				</ul>
				<input ref={pick} type="file" accept={kinds.join(",")} multiple hidden onChange={take} data-test="file" aria-label={w.add} />
				<input ref={shoot} type="file" accept="image/*" capture="environment" hidden onChange={take} aria-label={w.camera} />
				<div class="acts even">
					<Btn icon="image" onPress={() => pick.current?.click()} test="add-photo">
						{w.add}
					</Btn>
					<Btn icon="camera" onPress={() => shoot.current?.click()}>
						{w.camera}
					</Btn>
				</div>
				<Said text={said.value} />
				<Trouble problem={problem.value} />
			</section>
		</>
	);
}

/** The picture, asked for when it is shown: its address is good for two minutes. */
function Thumb({ intake, a }: { intake: string; a: AttachmentView }) {
	const url = useSignal("");
	const asked = useRef(false);
	if (a.state === "readable" && a.type.startsWith("image/") && !asked.current) {
		asked.current = true;
		call("GET /intakes/{id}/attachments/{attachment}", { path: { id: intake, attachment: a.id } }).then((f) => (url.value = f.url), () => {});
	}
	return <span class="thumb">{url.value ? <img src={url.value} alt={a.name} /> : <Icon name={a.state === "refused" ? "triangle-alert" : "file-text"} />}</span>;
}

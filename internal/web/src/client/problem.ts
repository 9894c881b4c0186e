import { both, language } from "../words/words";

/** What was wrong with one field of what was sent; its place as a JSON pointer. */
export interface Field {
	pointer: string;
	message: string;
}

/** Failure is a call that was refused, or that never arrived (status 0). */
export class Failure extends Error {
	constructor(
		readonly status: number,
		/** The sort of problem, stable for programs: "sign-up-needed"; "" when there was no answer. */
		readonly code: string,
		readonly detail: string,
		readonly fields: Field[] = [],
		readonly reference = "",
		/** How long to wait before asking again, in seconds; 0: not said. */
		readonly retryAfter = 0,
	) {
		super(`${status} ${code}`);
	}

	/** away: the network, not the server, is why. */
	get away(): boolean {
		return this.status === 0;
	}

	/** changed: somebody else was faster. */
	get changed(): boolean {
		return this.status === 409 || this.status === 412;
	}
}

/** failureOf reads an answer that is not a success. */
export async function failureOf(answer: Response): Promise<Failure> {
	let body: { type?: string; detail?: string; errors?: Field[]; reference?: string } = {};
	try {
		body = await answer.json();
	} catch {
		// An answer of something in between: a proxy, a captive portal.
	}
	const code = (body.type ?? "").replace(/^.*\/problems\//, "");
	const wait = Number(answer.headers.get("Retry-After")) || 0;
	return new Failure(answer.status, code, body.detail ?? "", body.errors ?? [], body.reference ?? "", wait);
}

const words = both({
	en: {
		away: "No network. Saved here, sent when it is back.",
		awayRead: "No network. This is shown again when it is back.",
		ours: (ref: string) => `That did not work, nothing changed. Try again, or quote ${ref || "the time"}.`,
		session: "Sign in to go on. What you wrote is kept.",
		denied: "This is for somebody else to do.",
		none: "There is nothing here, or it is not yours to see.",
		changed: "Somebody changed this meanwhile. You see the new state.",
		large: "This is too large. Choose a smaller one.",
		kind: "This kind of file can't be taken. Choose a photo or a PDF.",
		fields: "Something is missing or can't be right. Look at what is marked.",
		limited: (s: number) => (s > 0 ? `Too many tries. Wait ${s > 90 ? `${Math.ceil(s / 60)} min` : `${s} seconds`}, then try again.` : "Too many tries. Wait a minute, then try again."),
		busy: "The service is busy. Nothing changed. Try again in a moment.",
	},
	zh: {
		away: "网络已断开，已存本机，恢复后自动发送。",
		awayRead: "网络已断开，恢复后自动显示。",
		ours: (ref: string) => `操作未完成，未作更改。请重试或提供编号${ref || "和时间"}。`,
		session: "请重新登录，内容已保存。",
		denied: "此操作需由他人完成。",
		none: "没有内容，或您无权查看。",
		changed: "内容已被他人修改，现显示最新状态。",
		large: "文件过大，请选小一些的。",
		kind: "不支持这类文件，请选照片或PDF。",
		fields: "有内容缺失或有误，请查看标出的项目。",
		limited: (s: number) => (s > 0 ? `尝试次数过多，请${s > 90 ? `${Math.ceil(s / 60)}分钟` : `${s}秒`}后再试。` : "尝试次数过多，请一分钟后再试。"),
		busy: "服务繁忙，未作更改，请稍后再试。",
	},
});

/** Sentences that screens know better than the server, by the sort of problem. */
const known = both({
	en: {
		"code-wrong": "That code does not match. Ask for a new one if it goes on.",
		"second-factor-needed": "Show your second factor once more.",
		"passkey-unheard": "No passkey was shown. Try again, or use a code.",
		"passkey-there": "This device has a passkey for you already.",
		"passkeys-off": "Passkeys do not work at this address. Use a code.",
		"slot-taken": "That time was just taken. Choose another.",
		"slot-gone": "That time can’t be had any more. Nothing is lost: choose another.",
		"slot-full": "All places of that time were just taken. Nothing is lost: choose another.",
		"work-begun": "The pharmacy has begun with this order: its time stands. Write to support from the order if nobody can be there.",
		"slot-needed": "A courier comes here at set hours. Choose a time.",
	} as Record<string, string>,
	zh: {
		"code-wrong": "验证码不符，如仍不行请重新获取。",
		"second-factor-needed": "请再次验证身份。",
		"passkey-unheard": "未收到通行密钥。请重试，或使用验证码。",
		"passkey-there": "此设备已有您的通行密钥。",
		"passkeys-off": "此网址不支持通行密钥，请使用验证码。",
		"passkey-failed": "此通行密钥不能登录。请使用验证码或其他通行密钥。",
		"passkey-refused": "未能采用此设备的通行密钥。请重试或换一台设备。",
		"passkeys-full": "通行密钥数量已满，请先移除不用的。",
		"ceremony-over": "操作超时或已提交过，请重试。",
		"step-up-needed": "您登录已久，请先用验证码确认是您本人。",
		"slot-taken": "该时段刚被约满，请另选时间。",
		"slot-gone": "该时段已不可选，已填内容都在，请另选时间。",
		"slot-full": "该时段刚被约满，已填内容都在，请另选时间。",
		"work-begun": "药房已开始配药，时段不能再改。届时无人收货，请在订单中联系客服。",
		"slot-needed": "此地按时段配送，请选择时间。",
		"sign-up-needed": "首次使用，请填写您的信息。",
		"method-not-allowed": "此操作不可用。",
	} as Record<string, string>,
});

/** sayIn adds sentences for sorts of problem, in both languages; a screen's folder does it once. */
export function sayIn(en: Record<string, string>, zh: Record<string, string>): void {
	Object.assign(known.of("en"), en);
	Object.assign(known.of("zh"), zh);
}

/** sentence says to a person what happened and what to do. */
export function sentence(problem: unknown): string {
	const w = words();
	if (!(problem instanceof Failure)) return w.ours("");
	const own = known()[problem.code];
	if (own) return own;
	// The server's own sentence knows most, but speaks English.
	if (language.value === "en" && problem.detail && problem.status < 500) return problem.detail;
	switch (problem.status) {
		case 0:
			return w.away;
		case 401:
			return w.session;
		case 403:
			return w.denied;
		case 404:
			return w.none;
		case 409:
		case 412:
			return w.changed;
		case 413:
			return w.large;
		case 415:
			return w.kind;
		case 400:
		case 422:
			return w.fields;
		case 429:
			return w.limited(problem.retryAfter);
		case 503:
			return w.busy;
		default:
			return w.ours(problem.reference);
	}
}

/** fieldSaid is what was wrong with one field, by the end of its pointer; "" when nothing was. */
export function fieldSaid(problem: unknown, name: string): string {
	if (!(problem instanceof Failure)) return "";
	const hit = problem.fields.find((f) => f.pointer === `/${name}` || f.pointer.endsWith(`/${name}`));
	if (!hit) return "";
	return language.value === "en" ? hit.message : words().fields;
}

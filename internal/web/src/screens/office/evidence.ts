import type { EvidenceItem } from "../../api.gen";
import { both } from "../../words/words";

/** What a case may show, in words: by the kind of evidence and its code, which is a state of that document or what was said. */
export const words = both({
	en: {
		kinds: { intake: "Intake", visit: "Visit", message: "Written", prescription: "Prescription", order: "Order", review: "Check", packing: "Pharmacy", hand_over: "Courier", position: "Position", payment: "Payment" } as Record<string, string>,
		codes: {
			intake: { draft: "begun", submitted: "handed in", stopped: "stopped by a red flag", discarded: "given up" },
			visit: { waiting: "in the queue", booked: "booked", in_progress: "with the doctor", completed: "over", cancelled: "called off", no_show: "nobody came", redirected: "sent to care in person" },
			message: { question: "to the doctor", side_effect: "a side effect, to the doctor", answer: "by the doctor", patient: "by the patient", caregiver: "by the caregiver", courier: "by the courier", pharmacy: "by the pharmacy", support: "by support" },
			prescription: { draft: "being written", signed: "signed", claimed: "held for an order", dispensed: "dispensed", cancelled: "cancelled", replaced: "replaced by another", expired: "past its time" },
			order: { unpaid: "set aside, not paid", placed: "paid", reviewing: "being checked", preparing: "being packed", ready: "packed and sealed", collected: "with the courier", delivered: "handed over", undelivered: "not handed over", cancelled: "cancelled", promise_broken: "the promise was broken" },
			review: { finding_hard_stop: "stop", finding_warning: "serious", finding_info: "caution", reason: "reason given", asked_doctor: "the doctor was asked", asked_patient: "the patient was asked", answer_confirmed: "confirmed", answer_withdrawn: "withdrawn", answer_advised: "advised", answer_agreed: "agreed", answer_declined: "declined", answer_lapsed: "not answered in time" },
			packing: { reserved: "set aside", offered: "asked", reviewing: "checking", preparing: "packing", ready: "packed and sealed", collected: "handed out", released: "let go", refused: "refused", expired: "did not answer", returned: "has the bag back" },
			hand_over: { planned: "being looked for", offered: "was asked", accepted: "rides to the counter", at_pharmacy: "at the counter", collected: "has the bag", at_door: "at the door", delivered: "handed it over", failed: "could not hand it over", returning: "brings it back", returned: "has brought it back", cancelled: "not needed any more" },
			payment: { pending: "asked for", authorised: "held", captured: "taken", released: "let go", partly_refunded: "given back in part", refunded: "given back", refused: "refused by the bank" },
		} as Record<string, Record<string, string>>,
		whys: {
			paid: "paid", unpaid: "not paid in time", again: "tried again", own_wish: "on their own wish", changed_mind: "changed their mind", pharmacy_lost: "the pharmacy could not fill it", brought_back: "brought back", left_the_pharmacy: "left the pharmacy", work_begun: "work begun", checked: "checked",
			packed_and_sealed: "packed and sealed", code_matched: "the code matched", not_needed: "not needed any more", refused: "refused", no_answer: "no answer", chosen_by_dispatch: "chosen by dispatch", took_the_offer: "took the offer", declined: "declined", unanswered: "did not answer", matched_anew: "matched anew", not_ready: "the bag was not ready",
			reached_the_counter: "reached the counter", reached_the_door: "reached the door", could_not_deliver: "could not deliver", turned_back: "turned back", payer_agreed: "the payer agreed", bank_said_no: "the bank said no", part_not_owed: "part of it is not owed", earned: "earned", given_back: "given back",
			doctor_is_free: "a doctor is free", not_there: "not there", handed_over: "handed over", doctor_gone: "the doctor was gone", transferred: "passed on", seen: "seen", not_for_remote: "not for a visit by video", time_chosen: "a time was chosen", time_changed: "the time was changed", handed_in: "handed in",
			red_flag: "red flag", second_factor_shown: "second factor shown", out_of_stock: "out of stock", nobody_home: "nobody at home", refused_at_door: "refused at the door", wrong_address: "wrong address", unsafe: "not safe there", no_signal: "no signal", no_access: "no way in", damaged: "damaged", other: "something else", silent: "the courier was silent", too_slow: "too slow", breakdown: "breakdown",
		} as Record<string, string>,
		stage: (s: string) => `at this stage: ${s}`,
	},
	zh: {
		kinds: { intake: "病情填写", visit: "问诊", message: "留言", prescription: "处方", order: "订单", review: "审方", packing: "药房", hand_over: "配送", position: "位置", payment: "支付" },
		codes: {
			intake: { draft: "开始填写", submitted: "已提交", stopped: "因危急征象停止", discarded: "已放弃" },
			visit: { waiting: "候诊中", booked: "已预约", in_progress: "问诊中", completed: "已结束", cancelled: "已取消", no_show: "爽约", redirected: "转线下就诊" },
			message: { question: "向医生提问", side_effect: "向医生反映不良反应", answer: "医生答复", patient: "患者", caregiver: "代办人", courier: "配送员", pharmacy: "药房", support: "客服" },
			prescription: { draft: "开具中", signed: "已签名", claimed: "已被订单占用", dispensed: "已调配", cancelled: "已取消", replaced: "已被替换", expired: "已过期" },
			order: { unpaid: "已预留，未支付", placed: "已支付", reviewing: "审方中", preparing: "配药中", ready: "已封签", collected: "配送中", delivered: "已送达", undelivered: "未能送达", cancelled: "已取消", promise_broken: "未按承诺时间送达" },
			review: { finding_hard_stop: "禁止", finding_warning: "严重", finding_info: "注意", reason: "用药理由", asked_doctor: "询问医生", asked_patient: "询问患者", answer_confirmed: "已确认", answer_withdrawn: "已撤回", answer_advised: "已给出意见", answer_agreed: "已同意", answer_declined: "已拒绝", answer_lapsed: "超时未答复" },
			packing: { reserved: "已预留", offered: "待接方", reviewing: "审方中", preparing: "配药中", ready: "已封签", collected: "已交出", released: "已释放", refused: "已拒单", expired: "超时未接", returned: "已收回药袋" },
			hand_over: { planned: "正在派单", offered: "已派单", accepted: "前往药房", at_pharmacy: "已到药房", collected: "已取药", at_door: "已到门口", delivered: "已送达", failed: "未能送达", returning: "退回途中", returned: "已退回", cancelled: "已取消" },
			payment: { pending: "待支付", authorised: "已冻结", captured: "已扣款", released: "已解冻", partly_refunded: "已部分退款", refunded: "已退款", refused: "银行未通过" },
		},
		whys: {
			paid: "已支付", unpaid: "未按时支付", again: "再次配送", own_wish: "本人意愿", changed_mind: "改变主意", pharmacy_lost: "药房无法配药", brought_back: "已退回", left_the_pharmacy: "已离开药房", work_begun: "开始处理", checked: "审方通过",
			packed_and_sealed: "已配好并封签", code_matched: "验证码相符", not_needed: "不再需要", refused: "已拒绝", no_answer: "未应答", chosen_by_dispatch: "系统派单", took_the_offer: "已接单", declined: "已拒单", unanswered: "未应答", matched_anew: "重新派单", not_ready: "药袋尚未备好",
			reached_the_counter: "到达药房", reached_the_door: "到达门口", could_not_deliver: "无法送达", turned_back: "返回药房", payer_agreed: "付款人同意", bank_said_no: "银行未通过", part_not_owed: "部分无需支付", earned: "服务完成", given_back: "已退还",
			doctor_is_free: "医生接诊", not_there: "不在场", handed_over: "已转交", doctor_gone: "医生离线", transferred: "已转诊", seen: "已就诊", not_for_remote: "不适合线上问诊", time_chosen: "已选时间", time_changed: "已改时间", handed_in: "已提交",
			red_flag: "危急征象", second_factor_shown: "已验证第二因素", out_of_stock: "缺货", nobody_home: "无人在家", refused_at_door: "当面拒收", wrong_address: "地址有误", unsafe: "不安全", no_signal: "无信号", no_access: "无法进入", damaged: "破损", other: "其他", silent: "配送员失联", too_slow: "太慢", breakdown: "车辆故障",
		},
		stage: (s: string) => `环节：${s}`,
	},
});

/** said is one piece of evidence as a line: what it is, and why. A cause that is an event of the service is left out: the line itself says it. */
export function said(e: EvidenceItem): { what: string; more: string } {
	const w = words();
	const code = e.code ?? "";
	const known = w.codes[e.kind]?.[code] ?? (e.kind === "intake" && e.text ? "" : code.replace(/[_.]/g, " "));
	const more: string[] = [];
	for (const [k, v] of Object.entries(e.data ?? {})) {
		if (k === "why") {
			const why = w.whys[v] ?? (v.includes(".") ? "" : v.replace(/_/g, " "));
			if (why && why !== known) more.push(why);
		} else if (k === "stage") more.push(w.stage(w.codes.order?.[v] ?? v));
		else more.push(v);
	}
	return { what: [w.kinds[e.kind] ?? e.kind.replace(/_/g, " "), known].filter(Boolean).join(w.kinds.order === "Order" ? ": " : "："), more: more.join(" · ") };
}

import { language } from "./words";

// How figures, times and money are written, in both languages: a 24-hour clock, money with its sign
// and two decimals, "in 6 min" under an hour, else the time.

const two = (n: number) => String(n).padStart(2, "0");

/** time is 21:31, of the device's own place. */
export function time(at: string | number | Date): string {
	const d = new Date(at);
	return `${two(d.getHours())}:${two(d.getMinutes())}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const daysZh = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];

/** date is 14 Sep, or 9月14日; with the year when it is another one. */
export function date(at: string | number | Date, now: number = Date.now()): string {
	const d = new Date(typeof at === "string" && at.length === 10 ? `${at}T12:00` : at);
	const year = d.getFullYear() !== new Date(now).getFullYear();
	if (language.value === "zh") return `${year ? `${d.getFullYear()}年` : ""}${d.getMonth() + 1}月${d.getDate()}日`;
	return `${d.getDate()} ${months[d.getMonth()]}${year ? ` ${d.getFullYear()}` : ""}`;
}

/** day is today, tomorrow, yesterday, or Mon 14 Sep. */
export function day(at: string | number | Date, now: number = Date.now()): string {
	const start = (t: number) => new Date(t).setHours(0, 0, 0, 0);
	const apart = Math.round((start(+new Date(at)) - start(now)) / 86_400_000);
	const zh = language.value === "zh";
	if (apart === 0) return zh ? "今天" : "today";
	if (apart === 1) return zh ? "明天" : "tomorrow";
	if (apart === -1) return zh ? "昨天" : "yesterday";
	const d = new Date(at);
	return zh ? `${date(at, now)}${daysZh[d.getDay()]}` : `${days[d.getDay()]} ${date(at, now)}`;
}

/** when is the time today, and the day with the time on any other. */
export function when(at: string | number | Date, now: number = Date.now()): string {
	const said = day(at, now);
	if (said === "today" || said === "今天") return time(at);
	return language.value === "zh" ? `${said}${time(at)}` : `${said} ${time(at)}`;
}

/** hours is 18:00 to 20:00. */
export function hours(from: string | number | Date, until: string | number | Date): string {
	return language.value === "zh" ? `${time(from)}至${time(until)}` : `${time(from)} to ${time(until)}`;
}

/** slot is the day and the hours that somebody comes in: tomorrow, 18:00 to 20:00. */
export function slot(from: string | number | Date, until: string | number | Date, now: number = Date.now()): string {
	return language.value === "zh" ? `${day(from, now)}${hours(from, until)}` : `${day(from, now)}, ${hours(from, until)}`;
}

/** minutes is whole minutes from now until then, at least nothing. */
export function minutes(until: string | number | Date, now: number = Date.now()): number {
	return Math.max(0, Math.ceil((+new Date(until) - now) / 60_000));
}

/** by is "in 6 min" under an hour, else the time. */
export function by(at: string | number | Date, now: number = Date.now()): string {
	const m = minutes(at, now);
	if (m >= 60) return when(at, now);
	return language.value === "zh" ? `${m}分钟后` : `in ${m} min`;
}

/** span is a stretch of time in words, from seconds. */
export function span(seconds: number): string {
	const m = Math.max(1, Math.round(seconds / 60));
	const zh = language.value === "zh";
	if (m < 60) return zh ? `${m}分钟` : `${m} min`;
	const h = Math.floor(m / 60);
	const rest = m % 60;
	if (zh) return `${h}小时${rest ? `${rest}分钟` : ""}`;
	return `${h} h${rest ? ` ${rest} min` : ""}`;
}

export interface Amount {
	minor: number;
	currency: string;
}

const signs: Record<string, string> = { CNY: "¥", USD: "$", EUR: "€", GBP: "£", JPY: "¥" };
const whole = new Set(["JPY", "KRW", "VND", "CLP"]);

/** money is ¥86.40. */
export function money(a: Amount): string {
	const places = whole.has(a.currency) ? 0 : 2;
	const sum = (Math.abs(a.minor) / 10 ** places).toFixed(places);
	const sign = signs[a.currency];
	return `${a.minor < 0 ? "−" : ""}${sign ?? `${a.currency} `}${sum}`;
}

/** distance is 350 m or 1.4 km. */
export function distance(metres: number): string {
	const zh = language.value === "zh";
	if (metres < 950) return `${Math.round(metres / 50) * 50}${zh ? "米" : " m"}`;
	return `${(metres / 1000).toFixed(1)}${zh ? "公里" : " km"}`;
}

/** ago is how old something is, without seconds past the first minute. */
export function ago(at: string | number | Date, now: number = Date.now()): string {
	const s = Math.max(0, Math.round((now - +new Date(at)) / 1000));
	const zh = language.value === "zh";
	if (s < 60) return zh ? `${s}秒前` : `${s} second${s === 1 ? "" : "s"} ago`;
	if (s < 3600) return zh ? `${Math.round(s / 60)}分钟前` : `${Math.round(s / 60)} min ago`;
	return zh ? `${time(at)}时` : `at ${time(at)}`;
}

/** age is whole years from a birth date. */
export function age(born: string, now: number = Date.now()): number {
	const b = new Date(`${born}T12:00`);
	const n = new Date(now);
	const had = n.getMonth() > b.getMonth() || (n.getMonth() === b.getMonth() && n.getDate() >= b.getDate());
	return n.getFullYear() - b.getFullYear() - (had ? 0 : 1);
}

/** inTongue is what the service said, in Chinese where it knows it and Chinese is read. */
export function inTongue(en: string, zh: string | undefined): string {
	return language.value === "zh" && zh ? zh : en;
}

/** listed joins words as each language does: with a comma, or with 、. */
export function listed(words: (string | undefined | false)[]): string {
	return words.filter(Boolean).join(language.value === "zh" ? "、" : ", ");
}

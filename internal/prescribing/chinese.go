package prescribing

import (
	"regexp"
	"slices"
	"strings"

	"housecall/internal/safety"
)

// InChinese adds to findings what they say in Chinese, where it is known: the sentences of the lists by
// reasons_zh.csv, those with numbers and names by the patterns below, medicines by their Chinese names.
func (f *Formulary) InChinese(found []safety.Finding) []safety.Finding {
	out := slices.Clone(found)
	for i := range out {
		x := &out[i]
		x.FactZH = or(x.FactZH, f.factZH(x.Fact))
		x.WhyZH = or(x.WhyZH, f.whyZH(x))
		x.DoZH = or(x.DoZH, f.inChinese(x.Do))
	}
	return out
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// whyZH says why. Of what stands behind the first known sentence (how it comes about, what makes it graver) only
// what is known is told.
func (f *Formulary) whyZH(x *safety.Finding) string {
	if zh := f.inChinese(x.Why); zh != "" {
		return zh
	}
	if x.Kind == safety.KindRemoteBlocked {
		return "此药须面诊后使用，不可远程开具。"
	}
	if m := tooYoung.FindStringSubmatch(x.Why); m != nil {
		return "不满" + m[1] + unitsZH[m[2]] + "不得使用。"
	}
	for at := strings.LastIndex(x.Why, ". "); at > 0; at = strings.LastIndex(x.Why[:at], ". ") {
		zh := f.reasonsZH[x.Why[:at]]
		if zh == "" {
			continue
		}
		zh += "。"
		for _, s := range strings.SplitAfter(x.Why[at+2:], ". ") {
			if more := f.reasonsZH[strings.Trim(s, ". ")]; more != "" {
				zh += more + "。"
			}
		}
		return zh
	}
	return ""
}

// inChinese is a sentence in Chinese; "" when it is not known.
func (f *Formulary) inChinese(s string) string {
	if s == "" {
		return ""
	}
	if zh := f.reasonsZH[strings.TrimSuffix(s, ".")]; zh != "" {
		return zh + "。"
	}
	for _, p := range patternsZH {
		if m := p.shape.FindStringSubmatch(s); m != nil {
			return f.filled(p.zh, m)
		}
	}
	return ""
}

// factZH is the fact of a finding; what is not known is left to the English one.
func (f *Formulary) factZH(s string) string {
	if zh := f.inChinese(s); zh != "" {
		return zh
	}
	if m := standing.FindStringSubmatch(s); m != nil {
		return f.filled("正在服用$1。", m)
	}
	return ""
}

// filled puts what was found into a pattern: medicines and components by their Chinese names.
func (f *Formulary) filled(zh string, m []string) string {
	for i := len(m) - 1; i > 0; i-- {
		zh = strings.ReplaceAll(zh, "$"+string(rune('0'+i)), f.nameZH(m[i]))
	}
	return strings.ReplaceAll(zh, " 。", "。")
}

func (f *Formulary) nameZH(name string) string {
	if d := f.Rules.Lookup(name); d != nil && d.NameZH != "" {
		return d.NameZH
	}
	if zh := f.reasonsZH[strings.Trim(name, ". ")]; zh != "" {
		return zh
	}
	if zh := wordsZH[name]; zh != "" {
		return zh
	}
	return clauses.Replace(name)
}

// clauses are the words of kidney, liver and pregnancy cells; what stands between them are numbers.
var clauses = strings.NewReplacer(
	"do not start", "不新用", "no more than ", "最多", "max ", "最多", "start ", "起始", "half dose", "半量", "every day", "每日", "once or twice daily", "每日一至两次",
	"twice daily", "每日两次", "three times daily", "每日三次", "once daily", "每日一次", "twice weekly", "每周两次", "every ", "每", " days", "日", " h", "小时",
	"/day", "/日", "/dose", "/次", "only ", "仅", "not for glucose alone", "不单为降糖", "avoid analgesic doses", "避免镇痛剂量", "consider ", "考虑", "zoster ", "带状疱疹",
	"interval at least ", "间隔至少", "above ", "高于", "up to ", "不超过", "starting", "新用", "not the single ", "单次除外：", " dose", "",
)

var (
	tooYoung = regexp.MustCompile(`^Not under (\d+) (wk|mo|y)\.`)
	standing = regexp.MustCompile(`^(.+) is (?:taken at present|on this prescription too)`)
	unitsZH  = map[string]string{"wk": "周", "mo": "个月", "y": "岁"}
	wordsZH  = map[string]string{
		"avoid": "避免", "caution": "慎用", "reduce": "减量", "max": "最多", "usable": "可用", "all": "全程", "T1": "早期", "T2": "中期", "T3": "晚期",
		"from 20 wk": "20周起", "at term": "足月", "mild": "轻度", "moderate": "中度", "severe": "重度", "any": "任何程度", "normal": "正常",
		"weeks not told": "孕周不详", "kg/dose": "公斤体重/次", "kg/day": "公斤体重/日", "dose": "次", "day": "日",
	}
)

// patternZH is an English sentence with numbers or names, and how it is said in Chinese.
type patternZH struct {
	shape *regexp.Regexp
	zh    string
}

func zhFor(shape, zh string) patternZH { return patternZH{regexp.MustCompile(shape), zh} }

var patternsZH = []patternZH{
	zhFor(`^Taken at present, .*; no list of this service knows it\.$`, "正在服用，名单中没有此药。"),
	zhFor(`^Taken ([\d.]+) times in 24 hours, `, "24小时内服用$1次。"),
	zhFor(`^([\d.]+) doses in 24 hours\.$`, "24小时内$1次。"),
	zhFor(`^Recorded allergy: (.+) \(reaction not told\), `, "记录的过敏：$1（反应不详）。"),
	zhFor(`^Recorded allergy: (.+) \((.*)\), `, "记录的过敏：$1（$2）。"),
	zhFor(`^Recorded condition: (.+), [^,]+\.$`, "记录的病症：$1。"),
	zhFor(`^Both contain (.+); (.+) is `, "两药均含$1；另一药为$2。"),
	zhFor(`^Both are of one group \(.*\); (.+) is `, "两药同类；另一药为$1。"),
	zhFor(`^(.+) together\.$`, "$1合用。"),
	zhFor(`^One dose holds ([\d.]+) (\S+) of (.+)\.$`, "单次含$3 $1$2。"),
	zhFor(`^At most ([\d.]+) (\S+) at once\.$`, "单次最多$1$2。"),
	zhFor(`^The child's dose comes to ([\d.]+) (\S+) of (.+)\.$`, "儿童剂量达$3 $1$2。"),
	zhFor(`^At most ([\d.]+) (mg|mcg|g|IU)/(kg/dose|kg/day|dose|day)( at this age)?.*\.$`, "最多$1$2/$3。"),
	zhFor(`^Together up to ([\d.]+) (\S+) of (.+?) in 24 hours\. One present .*$`, "24小时内$3合计可达$1$2；有一种现用药未记录剂量，按上限计。"),
	zhFor(`^Together up to ([\d.]+) (\S+) of (.+) in 24 hours\.$`, "24小时内$3合计达$1$2。"),
	zhFor(`^At most ([\d.]+) (\S+) a day\.$`, "每日最多$1$2。"),
	zhFor(`^Weight ([\d.]+) kg\.$`, "体重$1kg。"),
	zhFor(`^([\d.]+) mg/kg at ([\d.]+) kg\.$`, "体重$2kg，合$1mg/kg。"),
	zhFor(`^([\d.]+) kg\.$`, "体重$1kg。"),
	zhFor(`^For (\d+) days\.$`, "用药$1天。"),
	zhFor(`^(\d+) years old\.`, "$1岁。"),
	zhFor(`^eGFR (\d+(?:\.\d+)?)`, "肾小球滤过率 $1。"),
	zhFor(`^Liver function: (\S+)\.$`, "肝功能：$1。"),
	zhFor(`^Pregnant, (\d+) weeks\.$`, "妊娠$1周。"),
	zhFor(`^Pregnant, (weeks not told)\.$`, "妊娠，$1。"),
	zhFor(`^Pregnant\.$`, "妊娠。"),
	zhFor(`^Breast-feeding\.$`, "哺乳期。"),
	zhFor(`^Able to have children; no prevention`, "可生育，未记录避孕计划。"),
	zhFor(`^Kidney function (\S+): (avoid|caution|reduce|max) ?(.*)\.$`, "肾功能 $1：$2 $3。"),
	zhFor(`^Liver impairment, (\S+): (avoid|caution|reduce|max) ?(.*)\.$`, "肝功能不全（$1）：$2 $3。"),
	zhFor(`^In pregnancy \((.+)\): (avoid|caution|reduce|max) ?(.*)\.$`, "妊娠期（$1）：$2 $3。"),
	zhFor(`^In breast-feeding: (avoid|caution) ?(.*)\.$`, "哺乳期：$1 $2。"),
	zhFor(`^Lower the dose: (.*) at most\.$`, "请减量：最多 $1。"),
	zhFor(`^Rule (\S+) on (\S+)`, "规则$1（$2）。"),
	zhFor(`^(\d+) medicines at once\.$`, "同时$1种药。"),
	zhFor(`^More than \d+ can't be checked together`, "数量过多，无法一起核查。"),
	zhFor(`^Look at the list again`, "请重新核对清单。"),
	zhFor(`^The check of (.+) could not be done`, "核查未能完成。"),
}

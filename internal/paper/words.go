package paper

import (
	"fmt"
	"strings"
)

// words are the fixed words of a paper in one language.
type words struct {
	title, patient, born, sex, female, male, weight, diagnosis, signs, licence, contact, noSubstitute, noneSubstitute string
	until, fingerprint, anybody, repeats, replaces, page, status, comma, colon                                        string
}

var wordsOf = map[string]words{
	English: {
		title: "Prescription", patient: "Patient", born: "Born", sex: "Sex", female: "female", male: "male", weight: "Weight", diagnosis: "Diagnosis",
		signs: "Signed by", licence: "licence %s", contact: "Contact", noSubstitute: "Do not substitute.", noneSubstitute: "No substitute for %s.",
		until: "Valid until", fingerprint: "Fingerprint", anybody: "Anybody can check it from the code, off line.",
		repeats: "May be filled again %d times, each at least %d days after the one before.", replaces: "Takes the place of an earlier prescription.",
		page: "page %d of %d", status: "Whether it was cancelled or dispensed since: %s", comma: ", ", colon: ": ",
	},
	Chinese: {
		title: "处方笺", patient: "患者", born: "出生日期", sex: "性别", female: "女", male: "男", weight: "体重", diagnosis: "临床诊断",
		signs: "签名医师", licence: "执业证书%s", contact: "联系方式", noSubstitute: "不可替换。", noneSubstitute: "第%s项不可替换。",
		until: "有效期至", fingerprint: "指纹", anybody: "任何人可离线扫码核验。",
		repeats: "可续配%d次，每次间隔至少%d天。", replaces: "替代此前的一张处方。",
		page: "第%d页，共%d页", status: "是否已取消或调配，请查询：%s", comma: "，", colon: "：",
	},
}

var (
	ones = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens = strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")
	// formal are the digits that can't be changed into another with a pen stroke.
	formal = []rune("零壹贰叁肆伍陆柒捌玖")
)

// inWords says a number so that a pen can't alter it, up to 99,999.
func inWords(n int, language string) string {
	switch {
	case n < 0 || n > 99_999:
		return fmt.Sprint(n)
	case language == Chinese:
		return formalZH(n)
	}
	return wordsEN(n)
}

func wordsEN(n int) string {
	switch {
	case n < 20:
		return ones[n]
	case n < 100 && n%10 == 0:
		return tens[n/10]
	case n < 100:
		return tens[n/10] + "-" + ones[n%10]
	case n < 1000:
		return joined(ones[n/100]+" hundred", n%100)
	}
	return joined(wordsEN(n/1000)+" thousand", n%1000)
}

func joined(head string, rest int) string {
	if rest == 0 {
		return head
	}
	return head + " " + wordsEN(rest)
}

// formalZH is 壹佰零伍 for 105.
func formalZH(n int) string {
	if n == 0 {
		return string(formal[0])
	}
	units := []string{"", "拾", "佰", "仟", "万"}
	out, zero := "", false
	for i := len(units) - 1; i >= 0; i-- {
		digit := n
		for range i {
			digit /= 10
		}
		digit %= 10
		switch {
		case digit == 0:
			zero = zero || out != ""
		case zero:
			out, zero = out+string(formal[0])+string(formal[digit])+units[i], false
		default:
			out += string(formal[digit]) + units[i]
		}
	}
	return out
}

// quantityWords is the quantity with its number in words: "nine tablets", "玖片".
func quantityWords(l Line, language string) string {
	rest, found := strings.CutPrefix(l.Quantity, fmt.Sprint(l.Count))
	if !found {
		return l.Quantity
	}
	return inWords(l.Count, language) + rest
}

// date is how a paper writes a day.
func (c *Card) date(ms int64) string {
	t := c.local(ms)
	if c.Language == Chinese {
		return fmt.Sprintf("%d年%d月%d日", t.Year(), t.Month(), t.Day())
	}
	return t.Format("2 Jan 2006")
}

// moment is a day with its time of day.
func (c *Card) moment(ms int64) string {
	t := c.local(ms)
	if c.Language == Chinese {
		return c.date(ms) + t.Format("15:04")
	}
	return c.date(ms) + t.Format(", 15:04")
}

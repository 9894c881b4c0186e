package notify

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryMessageIsWrittenInEveryLanguageWithTheSameBlanks(t *testing.T) {
	t.Parallel()
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for name, en := range w["en"] {
		zh, found := w["zh"][name]
		if !found || zh.Secret != en.Secret {
			t.Errorf("%s: in Chinese %v, secret %v and %v", name, found, en.Secret, zh.Secret)
		}
		a, b := blank.FindAllString(en.Text, -1), blank.FindAllString(zh.Text, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: blanks %v and %v", name, a, b)
		}
	}
	if len(w["en"]) != len(w["zh"]) {
		t.Errorf("%d in English, %d in Chinese", len(w["en"]), len(w["zh"]))
	}
}

func TestEveryRowOfTheTableHasItsWords(t *testing.T) {
	t.Parallel()
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table {
		t1, found := w.find("en", r.template)
		if !found || t1.Secret || r.whom == "" || r.page == "" {
			t.Errorf("%s: template %q found %v, secret %v, whom %q, page %q", r.kind, r.template, found, t1.Secret, r.whom, r.page)
		}
		for _, b := range blank.FindAllString(t1.Text, -1) {
			if b != "{link}" && b != "{time}" && b != "{until}" {
				t.Errorf("%s: nothing fills %s", r.kind, b)
			}
		}
	}
}

// Rules of UX.md, section 6.
func TestMessagesArePlainAndNameNoDrugAndNoIllness(t *testing.T) {
	t.Parallel()
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	banned := regexp.MustCompile(`(?i)please|oops|soon|!|！|medicine|drug|tablet|dose|fever|pain|disease|illness|allerg|symptom|药品|疾病|症状|过敏|发热|很快|马上`)
	for _, language := range Languages {
		for name, tpl := range w[language] {
			for _, text := range []string{tpl.Subject, tpl.Text} {
				if found := banned.FindString(text); found != "" {
					t.Errorf("%s %s says %q: %s", language, name, found, text)
				}
				for _, sentence := range strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == '?' }) {
					if n := len(strings.Fields(sentence)); n > 15 {
						t.Errorf("%s %s: %d words in %q", language, name, n, sentence)
					}
				}
			}
			if language == "zh" && strings.ContainsAny(strings.ReplaceAll(tpl.Text, "housecall", ""), ",.?;") {
				t.Errorf("zh %s has half-width punctuation: %s", name, tpl.Text)
			}
		}
	}
}

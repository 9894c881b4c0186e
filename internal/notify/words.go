package notify

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"housecall/internal/phi"
)

//go:embed templates/*.json
var templates embed.FS

// template is what one message says. A text message has no subject.
type template struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Secret  bool   `json:"secret,omitempty"` // it carries what signs somebody in
}

// words are the templates by language.
type words map[string]map[string]template

// Languages that messages are written in.
var Languages = []string{"en", "zh"}

func readWords() (words, error) {
	w := words{}
	for _, language := range Languages {
		raw, err := templates.ReadFile("templates/" + language + ".json")
		if err != nil {
			return nil, fmt.Errorf("read words: %w", err)
		}
		var all map[string]template
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, fmt.Errorf("read words of %s: %w", language, err)
		}
		w[language] = all
	}
	return w, nil
}

// find answers a template in the language, or in English ("zh-CN" reads "zh").
func (w words) find(language, name string) (template, bool) {
	base, _, _ := strings.Cut(language, "-")
	if t, found := w[base][name]; found {
		return t, true
	}
	t, found := w["en"][name]
	return t, found
}

var blank = regexp.MustCompile(`\{[a-z_]+\}`)

// fill puts data into the blanks of a text; one that nothing is known for is an error.
func fill(text string, data map[string]phi.Text) (string, error) {
	var missing string
	out := blank.ReplaceAllStringFunc(text, func(b string) string {
		value, found := data[b[1:len(b)-1]]
		if !found || value == "" {
			missing = b
		}
		return value.Reveal()
	})
	if missing != "" {
		return "", fmt.Errorf("nothing is known for %s", missing)
	}
	return out, nil
}

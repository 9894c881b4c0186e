package config_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"housecall/internal/config"
)

var update = flag.Bool("update", false, "write the table of the README anew")

const (
	readme = "../../README.md"
	begins = "<!-- settings: written by `go test ./internal/config -update` -->\n"
	ends   = "<!-- end of settings -->"
)

func TestReadmeListsEverySetting(t *testing.T) {
	raw, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, has := strings.Cut(string(raw), begins)
	_, after, closed := strings.Cut(rest, ends)
	if !has || !closed {
		t.Fatal("the README has no place for the settings")
	}

	want := before + begins + table() + ends + after

	if *update {
		if err := os.WriteFile(readme, []byte(want), 0o644); err != nil { //nolint:gosec // everybody may read it
			t.Fatal(err)
		}
		return
	}
	if want != string(raw) {
		t.Error("the README lists other settings than there are: run `go test ./internal/config -update`")
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("| key | default | what |\n|---|---|---|\n")
	for _, s := range config.Settings() {
		value := ""
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Key, value, s.Help)
	}
	return b.String()
}

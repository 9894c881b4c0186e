package proof_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sentence is one promise with what proves it.
type sentence struct {
	text   string
	tests  []string // "consult.TestSomething"
	notYet string   // words of README's section; "" when it is kept
}

var (
	named = regexp.MustCompile("`([a-z0-9/]+)\\.(Test\\w+)`")
	owed  = regexp.MustCompile(`Not yet: (.+)$`)
)

func sentences(t *testing.T) []sentence {
	t.Helper()
	text, err := os.ReadFile("sentences.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []sentence
	for part := range strings.SplitSeq(string(text), "\n- ") {
		part, _, _ = strings.Cut(part, "\n## ")
		s := sentence{text: strings.Join(strings.Fields(part), " ")}
		for _, m := range named.FindAllStringSubmatch(part, -1) {
			s.tests = append(s.tests, m[1]+"."+m[2])
		}
		if m := owed.FindStringSubmatch(s.text); m != nil {
			s.notYet = m[1]
		}
		all = append(all, s)
	}
	return all[1:] // the first is the head of the page
}

// testsOf lists the tests of a package, which stands below internal or at the root.
func testsOf(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, dir := range []string{filepath.Join("..", pkg), filepath.Join("..", "..", pkg)} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
					out[fn.Name.Name] = true
				}
			}
		}
	}
	return out
}

func TestEverySentenceIsProvedByATestThatIsThereOrStandsUnderNotYet(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, notYet, _ := strings.Cut(string(readme), "\n## Not yet\n")
	notYet, _, _ = strings.Cut(strings.Join(strings.Fields(notYet), " "), " ## ")
	there := map[string]map[string]bool{}
	all := sentences(t)
	for _, s := range all {
		if len(s.tests) == 0 && s.notYet == "" {
			t.Errorf("nothing proves: %s", s.text)
		}
		if s.notYet != "" && !strings.Contains(strings.ToLower(notYet), strings.ToLower(s.notYet)) {
			t.Errorf("README says nothing of %q under Not yet: if it is done, name its test: %s", s.notYet, s.text)
		}
		for _, test := range s.tests {
			pkg, name, _ := strings.Cut(test, ".")
			if there[pkg] == nil {
				there[pkg] = testsOf(t, pkg)
			}
			if !there[pkg][name] {
				t.Errorf("there is no test %s any more, which was to prove: %s", test, s.text)
			}
		}
	}
	if len(all) < 150 {
		t.Errorf("only %d sentences were read", len(all))
	}
}

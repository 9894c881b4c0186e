package archtest_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root            = "../.."
	fileLines       = 600
	testFileLines   = 800
	functionLines   = 60
	generatedMarker = "// Code generated "
)

// atRoot lists everything that may lie at the root; the last line is what git ignores there.
var atRoot = strings.Fields(`README.md LICENSE go.mod go.sum .gitignore .gitattributes .golangci.yml
	cmd signaling policies deploy scripts internal .ci
	.git .cache housecall`)

// sources calls check for each Go file that somebody wrote.
func sources(t *testing.T, check func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".cache", "node_modules", "dist", "testdata"}, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && !bytes.HasPrefix(text, []byte(generatedMarker)) {
			check(path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryFileCanBeReadInOneSitting(t *testing.T) {
	t.Parallel()
	sources(t, func(path string, text []byte) {
		limit := fileLines
		if strings.HasSuffix(path, "_test.go") {
			limit = testFileLines
		}
		if lines := bytes.Count(text, []byte("\n")); lines > limit {
			t.Errorf("%s has %d lines, at most %d: split it by topic", path, lines, limit)
		}
	})
}

func TestEveryFunctionFitsOnScreen(t *testing.T) {
	t.Parallel()
	sources(t, func(path string, text []byte) {
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("parse: %v", err)
			return
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; lines > functionLines {
				t.Errorf("%s: %s has %d lines, at most %d", path, f.Name.Name, lines, functionLines)
			}
		}
	})
}

func TestRootHoldsOnlyWhatArchitectureNames(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(atRoot, e.Name()) {
			t.Errorf("%s lies at the root, whose content is fixed; put it where it belongs", e.Name())
		}
	}
}

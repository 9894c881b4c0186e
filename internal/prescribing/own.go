package prescribing

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// OwnFormulary opens the operator's own medicines: a folder with any of the tables of a formulary, or one
// CSV file with the columns of formulary.csv. Nil for an empty path.
func OwnFormulary(path string) (fs.FS, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // none is told so
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open the own formulary: %w", err)
	}
	if info.IsDir() {
		return os.DirFS(path), nil
	}
	return oneTable{os.DirFS(filepath.Dir(path)), filepath.Base(path)}, nil
}

// oneTable is a folder that holds one file under the name formulary.csv.
type oneTable struct {
	folder fs.FS
	file   string
}

// Open implements fs.FS.
func (t oneTable) Open(name string) (fs.File, error) {
	if name != "formulary.csv" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return t.folder.Open(t.file)
}

// Glob implements fs.GlobFS.
func (t oneTable) Glob(pattern string) ([]string, error) {
	ok, err := filepath.Match(pattern, "formulary.csv")
	if err != nil || !ok {
		return nil, err
	}
	return []string{"formulary.csv"}, nil
}

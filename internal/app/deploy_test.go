package app_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"housecall/internal/config"
)

const deploy = "../../deploy"

// deployed calls look for each file of deploy that is written for machines.
func deployed(t *testing.T, look func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(deploy, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".md") || strings.Contains(path, "check/") {
			return err
		}
		raw, err := os.ReadFile(path)
		look(path, string(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEverySettingInDeployExists(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"HOUSECALL_VERSION": true} // of the image, in compose.yaml
	for _, s := range config.Settings() {
		known["HOUSECALL_"+strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))] = true
	}
	name := regexp.MustCompile(`HOUSECALL_[A-Z_]+`)
	seen := 0
	deployed(t, func(path, text string) {
		for _, key := range name.FindAllString(text, -1) {
			seen++
			if !known[key] {
				t.Errorf("%s sets %s, which is no setting", path, key)
			}
		}
	})
	if seen < 30 {
		t.Errorf("only %d settings were found", seen)
	}
	if _, err := config.Load(filepath.Join(deploy, "housecall.yaml"), nil, nil); err != nil {
		t.Error(err)
	}
}

func TestEveryFigureInDeployExists(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	quoted := regexp.MustCompile(`"(housecall_[a-z_]+)"`)
	for _, folder := range []string{"../../internal", "../../signaling"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, m := range quoted.FindAllStringSubmatch(string(raw), -1) {
				known[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	figure := regexp.MustCompile(`\bhousecall_[a-z_]+[({\[)]`)
	seen := []string{}
	deployed(t, func(path, text string) {
		if !strings.Contains(path, "alerts") && !strings.Contains(path, "grafana/housecall.json") {
			return
		}
		for _, m := range figure.FindAllString(text, -1) {
			name := m[:len(m)-1]
			for _, end := range []string{"_bucket", "_count", "_sum"} {
				name = strings.TrimSuffix(name, end)
			}
			seen = append(seen, name)
			if !known[name] {
				t.Errorf("%s asks for %s, which nothing measures", path, name)
			}
		}
	})
	slices.Sort(seen)
	if len(slices.Compact(seen)) < 8 {
		t.Errorf("only %v were found", seen)
	}
}

func TestUnitIsWhatSystemdTakes(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here")
	}
	unit := filepath.Join(t.TempDir(), "housecall.service")
	raw, err := os.ReadFile(filepath.Join(deploy, "systemd/housecall.service"))
	if err != nil {
		t.Fatal(err)
	}
	// The program is installed where it will run, not here.
	text := strings.ReplaceAll(string(raw), "/usr/local/bin/housecall", "/bin/true")
	if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	out, err := exec.CommandContext(t.Context(), tool, "verify", "--man=no", unit).CombinedOutput()

	if err != nil || strings.Contains(string(out), "housecall.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}

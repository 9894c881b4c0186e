package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const prefix = "HOUSECALL_"

// Load lays a file (may be ""), the environment and flags over the defaults. Environment entries are
// "KEY=value" as in os.Environ; flags are by key.
func Load(file string, environ []string, flags map[string]string) (Config, error) {
	c := Default()
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return c, fmt.Errorf("read the configuration: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			return c, fmt.Errorf("%s: %w", file, err)
		}
	}
	fields := byKey(&c)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, prefix+"TEST_") {
			continue
		}
		key := strings.ToLower(strings.TrimPrefix(name, prefix))
		f, known := find(fields, key)
		if !known {
			return c, fmt.Errorf("%s is no setting of housecall; `housecall check-config` lists them all", name)
		}
		if err := set(f.value, value); err != nil {
			return c, fmt.Errorf("%s: %w", name, err)
		}
	}
	for key, value := range flags {
		f, known := fields[key]
		if !known {
			return c, fmt.Errorf("%s is no setting of housecall", key)
		}
		if err := set(f.value, value); err != nil {
			return c, fmt.Errorf("--%s: %w", FlagOf(key), err)
		}
	}
	return c, nil
}

// Setting is one key with what it is for.
type Setting struct{ Key, Help, Default string }

// Settings lists every key, in the order of the file.
func Settings() []Setting {
	c := Default()
	var out []Setting
	walk(reflect.ValueOf(&c).Elem(), "", func(key, help string, v reflect.Value) {
		out = append(out, Setting{key, help, text(v)})
	})
	return out
}

// FlagOf is the flag of a key: mail.host is --mail-host.
func FlagOf(key string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(key) }

// Print writes the configuration as a file would hold it. It holds no secrets: they are in files.
func (c Config) Print(w io.Writer) error {
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	return errors.Join(e.Encode(c), e.Close())
}

type field struct {
	help  string
	value reflect.Value
}

func byKey(c *Config) map[string]field {
	out := map[string]field{}
	walk(reflect.ValueOf(c).Elem(), "", func(key, help string, v reflect.Value) { out[key] = field{help, v} })
	return out
}

// find takes a key as the environment spells it, where dots are underscores.
func find(fields map[string]field, spelt string) (field, bool) {
	for key, f := range fields {
		if strings.ReplaceAll(key, ".", "_") == spelt {
			return f, true
		}
	}
	return field{}, false
}

func walk(v reflect.Value, under string, visit func(key, help string, v reflect.Value)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := under + f.Tag.Get("yaml")
		if v.Field(i).Kind() == reflect.Struct {
			walk(v.Field(i), key+".", visit)
			continue
		}
		visit(key, f.Tag.Get("help"), v.Field(i))
	}
}

func set(v reflect.Value, s string) error {
	switch v.Interface().(type) {
	case string:
		v.SetString(s)
	case time.Duration:
		d, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("want a duration like 15s, not %q", s)
		}
		v.SetInt(int64(d))
	case int, int64:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("want a whole number, not %q", s)
		}
		v.SetInt(n)
	case float64:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("want a number, not %q", s)
		}
		v.SetFloat(n)
	}
	return nil
}

func text(v reflect.Value) string { return fmt.Sprint(v.Interface()) }

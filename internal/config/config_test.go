package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/internal/config"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFlagsGoOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	file := write(t, "listen: file:1\ndata: fromfile\nmail:\n  host: file.example\ntimeout: 3s\n")

	c, err := config.Load(file, []string{"HOUSECALL_LISTEN=env:2", "HOUSECALL_MAIL_HOST=env.example", "HOUSECALL_TEST_X=1", "PATH=/bin"},
		map[string]string{"listen": "flag:3"})
	if err != nil {
		t.Fatal(err)
	}

	if c.Listen != "flag:3" || c.Mail.Host != "env.example" || c.Data != "fromfile" || c.Timeout != 3*time.Second || c.Mail.Port != 587 {
		t.Errorf("config = %+v", c)
	}
}

func TestUnknownSettingsAreRefusedByName(t *testing.T) {
	for name, load := range map[string]func() (config.Config, error){
		"HOUSECALL_LISTN": func() (config.Config, error) { return config.Load("", []string{"HOUSECALL_LISTN=x"}, nil) },
		"listn":           func() (config.Config, error) { return config.Load(write(t, "listn: x\n"), nil, nil) },
		"mail.hots":       func() (config.Config, error) { return config.Load("", nil, map[string]string{"mail.hots": "x"}) },
		"15 seconds":      func() (config.Config, error) { return config.Load("", []string{"HOUSECALL_TIMEOUT=15 seconds"}, nil) },
	} {
		if _, err := load(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error = %v, want it named", name, err)
		}
	}
}

func TestServiceThatCantServeSaysWhatToDo(t *testing.T) {
	c := config.Default()
	c.Data = t.TempDir()
	c.SecretFile = write(t, "tooweak")

	err := c.Check()

	for _, want := range []string{"openssl rand -hex 32", "mail.host", "public_url"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
}

func TestFolderThatCantBeWrittenIsRefused(t *testing.T) {
	c := config.Default()
	c.Data = filepath.Join(write(t, "a file where the folder should be"), "data")

	if err := c.Check(); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("error = %v, want it to say what to do", err)
	}
}

func TestCompleteConfigurationIsAccepted(t *testing.T) {
	c := config.Default()
	c.Data, c.PublicURL, c.Mail.Host, c.Mail.From = t.TempDir(), "https://care.example", "mail.example", "care@care.example"
	c.SecretFile = write(t, "4f1d2c3b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff001\n")
	c.Media.Listen = ":7443"

	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

func TestTwoPurposesNeverShareAKey(t *testing.T) {
	secret := []byte("a secret of the service")

	if string(config.Key(secret, "audit")) == string(config.Key(secret, "codes")) {
		t.Error("one key for two purposes")
	}
}

func TestEnginesThatGoTogetherAreNamedTogether(t *testing.T) {
	for want, spoil := range map[string]func(*config.Config){
		"":                     func(*config.Config) {},
		"store is not set":     func(c *config.Config) { c.Store = "" },
		"files.url is not set": func(c *config.Config) { c.Files.URL = "" },
		"files.url is \"":      func(c *config.Config) { c.Files.URL = "minio:9000" },
		"files.public_url":     func(c *config.Config) { c.Files.PublicURL = "files" },
		"go with files.url":    func(c *config.Config) { c.Files.AccessKey = "" },
		"files.secret_file":    func(c *config.Config) { c.Files.SecretFile = "nowhere" },
		"files.encryption":     func(c *config.Config) { c.Files.Encryption = "none" },
		"files.keep":           func(c *config.Config) { c.Files.Keep = time.Hour },
		"bus_replicas":         func(c *config.Config) { c.Replicas = 0 },
	} {
		c := config.Default()
		c.Data, c.PublicURL, c.Mail.Host, c.Mail.From = t.TempDir(), "https://care.example", "mail.example", "care@care.example"
		c.SecretFile = write(t, "4f1d2c3b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff001\n")
		c.Media.Listen, c.Media.NodeURL = ":7443", "https://node1.care.example"
		c.Store, c.Bus = "mongodb://a,b,c/housecall", "nats://a,nats://b"
		c.Files.URL, c.Files.AccessKey, c.Files.SecretFile = "https://minio.example:9000", "housecall", write(t, "secret\n")
		spoil(&c)

		if err := c.Check(); (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}

func TestProxiesInFrontAreAddressesOrNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "[]",
		"192.0.2.7":               "[192.0.2.7/32]",
		"10.1.2.3/8, 2001:db8::1": "[10.0.0.0/8 2001:db8::1/128]",
		"proxy.internal":          "proxy.internal",
		"10.0.0.0/33":             "10.0.0.0/33",
		"10.0.0.0/8 192.0.2.7":    "10.0.0.0/8 192.0.2.7",
	} {
		got, err := config.Config{Proxies: text}.TrustedProxies()

		if said := fmt.Sprint(got); err == nil && said != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q = %s, %v; want %s", text, said, err, want)
		}
	}
}

func TestTaxOnInvoicesHasANameAndARateThatCanBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tax  config.Tax
		want string
	}{
		"nothing set":        {config.Tax{}, ""},
		"a rate with a name": {config.Tax{Name: "VAT", Fees: 1900, Medicine: 700}, ""},
		"a rate without":     {config.Tax{Fees: 1900}, "tax.name"},
		"below zero":         {config.Tax{Name: "VAT", Medicine: -1}, "tax.medicine"},
		"more than all":      {config.Tax{Name: "VAT", Fees: 19_000}, "tax.fees"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := ""
			if err := (config.Config{Tax: c.tax}).Check(); err != nil {
				said = err.Error()
			}
			if got := strings.Contains(said, "tax."); got != (c.want != "") || c.want != "" && !strings.Contains(said, c.want) {
				t.Errorf("said of the tax: %v in %q, want %q", got, said, c.want)
			}
		})
	}
}

func TestServiceForOthersNeedsMediaThatOthersReach(t *testing.T) {
	good := func() config.Config {
		c := config.Default()
		c.Data, c.PublicURL, c.Mail.Host, c.Mail.From = t.TempDir(), "https://care.example", "mail.example", "care@care.example"
		c.SecretFile = write(t, "4f1d2c3b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff001\n")
		c.Media.Listen, c.Media.Addresses, c.Turn.Listen = ":7443", "203.0.113.7, 2001:db8::7", ":3478"
		return c
	}
	for want, spoil := range map[string]func(*config.Config){
		"":                     func(*config.Config) {},
		"media.listen is":      func(c *config.Config) { c.Media.Listen = "localhost:7443" },
		"callers elsewhere":    func(c *config.Config) { c.Media.Listen = ":0" },
		"say it like :7443":    func(c *config.Config) { c.Media.Listen = "7443" },
		"no IP address":        func(c *config.Config) { c.Media.Addresses = "care.example" },
		"turn.listen":          func(c *config.Config) { c.Turn.Listen = "3478" },
		"media.node_url":       func(c *config.Config) { c.Bus = "nats://a:4222" },
		"media.node_url is \"": func(c *config.Config) { c.Media.NodeURL = "node1" },
	} {
		c := good()
		spoil(&c)

		if err := c.Check(); (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}

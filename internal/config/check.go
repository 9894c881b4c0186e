package config

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Check names everything that keeps the service from serving people, each with what to do.
func (c Config) Check() error {
	var all []error
	say := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if _, err := c.Secret(); err != nil {
		all = append(all, err)
	}
	if c.Mail.Host == "" || c.Mail.From == "" {
		say("mail.host and mail.from are not set: patients sign in by a code sent by mail, so name your SMTP server and the address that messages come from")
	}
	if c.Mail.TLS != "starttls" && c.Mail.TLS != "tls" && c.Mail.TLS != "none" {
		say("mail.tls is %q: say starttls, tls or none", c.Mail.TLS)
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" {
		say("public_url is %q: say the address that people open, like https://care.example.org", c.PublicURL)
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		say("tls.cert and tls.key go together: set both, or neither")
	}
	if u, err := url.Parse(c.Roads.URL); c.Roads.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		say("roads.url is %q: say the address of a server that speaks as OSRM does, like http://osrm.internal:5000, or leave it empty", c.Roads.URL)
	}
	if _, err := c.TrustedProxies(); err != nil {
		all = append(all, err)
	}
	all = append(all, c.checkTax()...)
	all = append(all, c.checkCalls()...)
	all = append(all, c.checkEngines()...)
	if (c.Keys.URL == "") != (c.Keys.TokenFile == "") {
		say("keys.url and keys.token_file go together: set both, or neither")
	}
	if c.Payment != "sandbox" {
		say("payment is %q: only sandbox is built so far", c.Payment)
	}
	if u, err := url.Parse(c.Trace.URL); c.Trace.URL != "" && (err != nil || u.Host == "") {
		say("trace.url is %q: say the collector's address, like http://localhost:4318, or leave it empty", c.Trace.URL)
	}
	if c.Trace.Part < 0 || c.Trace.Part > 1 {
		say("trace.part is %v: say which part of all requests is traced, 0 to 1", c.Trace.Part)
	}
	if _, err := c.Log.SlogLevel(); err != nil {
		all = append(all, err)
	}
	for key, file := range map[string]string{"files.secret_file": c.Files.SecretFile, "mail.password_file": c.Mail.PasswordFile, "sms.token_file": c.SMS.TokenFile, "admin_token_file": c.AdminTokenFile, "keys.token_file": c.Keys.TokenFile, "trace.token_file": c.Trace.TokenFile, "carrier.secret_file": c.Carrier.SecretFile} {
		if _, err := ReadSecret(file); err != nil {
			say("%s: %w", key, err)
		}
	}
	for key, kept := range map[string]time.Duration{"keep.codes": c.Keep.Codes, "keep.sessions": c.Keep.Sessions, "keep.tracks": c.Keep.Tracks, "keep.drafts": c.Keep.Drafts, "keep.recordings": c.Keep.Recordings, "keep.chats": c.Keep.Chats} {
		if kept <= 0 {
			say("%s is %s: say how long, like 720h", key, kept)
		}
	}
	if err := c.checkData(); err != nil {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// TrustedProxies are the networks of the proxies in front.
func (c Config) TrustedProxies() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for one := range strings.SplitSeq(c.Proxies, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		network, err := netip.ParsePrefix(one)
		if at, only := netip.ParseAddr(one); only == nil {
			network, err = netip.PrefixFrom(at, at.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("trusted_proxies has %q: say addresses or networks with commas, like 10.0.0.0/8, 192.0.2.7", one)
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// checkTax makes sure that invoices, which are never changed, say a tax that can be.
func (c Config) checkTax() (all []error) {
	t := c.Tax
	if t.Fees < 0 || t.Fees > 10_000 || t.Medicine < 0 || t.Medicine > 10_000 {
		all = append(all, fmt.Errorf("tax.fees is %d and tax.medicine %d: say the rates in hundredths of a percent, 0 to 10000", t.Fees, t.Medicine))
	}
	if t.Name == "" && (t.Fees > 0 || t.Medicine > 0) {
		all = append(all, errors.New("tax.name is not set: say what the tax is called on invoices, like VAT"))
	}
	return all
}

// checkCalls makes sure that callers elsewhere could reach the media of a service for them.
func (c Config) checkCalls() []error {
	var all []error
	say := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	host, port, err := net.SplitHostPort(c.Media.Listen)
	if err != nil {
		say("media.listen is %q: say it like :7443, and open that port for UDP and TCP", c.Media.Listen)
	}
	if u, bad := url.Parse(c.PublicURL); err == nil && bad == nil && !near(u.Hostname()) && (near(host) || port == "0") {
		say("media.listen is %q: callers elsewhere can't reach that; say it like :7443, and open that port for UDP and TCP", c.Media.Listen)
	}
	for _, text := range strings.FieldsFunc(c.Media.Addresses, func(r rune) bool { return r == ',' || r == ' ' }) {
		if _, err := netip.ParseAddr(text); err != nil {
			say("media.addresses: %q is no IP address: say what callers reach this machine by, like 203.0.113.7", text)
		}
	}
	if _, _, err := net.SplitHostPort(c.Turn.Listen); c.Turn.Listen != "" && err != nil {
		say("turn.listen is %q: say it like :3478, and open that port for UDP and TCP, or leave it empty", c.Turn.Listen)
	}
	if u, err := url.Parse(c.Media.NodeURL); c.Media.NodeURL != "" && (err != nil || u.Host == "") {
		say("media.node_url is %q: say the address of this very node, like https://node1.care.example.org", c.Media.NodeURL)
	}
	if c.Bus != "" && c.Media.NodeURL == "" {
		say("media.node_url is not set: where several nodes serve (bus is set), a call lives on one of them, so name the address of this very node")
	}
	return all
}

// checkEngines makes sure that what is named of the engines goes together.
func (c Config) checkEngines() []error {
	var all []error
	say := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if c.Replicas < 1 || c.Replicas > 5 {
		say("bus_replicas is %d: say 3, or 1 to 5", c.Replicas)
	}
	if c.Bus != "" && c.Store == "" {
		say("store is not set: nodes that share events (bus) share documents too; say mongodb://host/housecall")
	}
	if c.Bus != "" && c.Files.URL == "" {
		say("files.url is not set: nodes that share events (bus) share files too; name a bucket of MinIO or any S3")
	}
	if c.Files.URL == "" {
		return all
	}
	for key, address := range map[string]string{"files.url": c.Files.URL, "files.public_url": c.Files.PublicURL} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			say("%s is %q: say it like https://minio.example.org:9000", key, address)
		}
	}
	if c.Files.Bucket == "" || c.Files.AccessKey == "" || c.Files.SecretFile == "" {
		say("files.bucket, files.access_key and files.secret_file go with files.url: set all of them")
	}
	if c.Files.Encryption != "server" && c.Files.Encryption != "disk" {
		say("files.encryption is %q: say server, or disk where the disks of the server are encrypted", c.Files.Encryption)
	}
	if c.Files.Keep < 24*time.Hour {
		say("files.keep is %s: a file that was deleted by mistake must be there for a day at least; say 720h", c.Files.Keep)
	}
	return all
}

// near tells a host that is this machine alone.
func near(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && at.IsLoopback())
}

// checkData makes sure that the data folder can be written, by writing.
func (c Config) checkData() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data: can't make the folder %s: make it, or name another with --data (%w)", c.Data, err)
	}
	f, err := os.CreateTemp(c.Data, ".writable-*")
	if err != nil {
		return fmt.Errorf("data: can't write in %s: give this user the right to, or name another with --data (%w)", c.Data, err)
	}
	return errors.Join(f.Close(), os.Remove(filepath.Clean(f.Name())))
}

// minSecret is what a secret must have, in bytes.
const minSecret = 32

// Secret is the service's own secret.
func (c Config) Secret() ([]byte, error) {
	if c.SecretFile == "" {
		return nil, errors.New("secret_file is not set: make one with `openssl rand -hex 32 > FILE`, readable by this user alone, and name it")
	}
	raw, err := os.ReadFile(c.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("secret_file: %w", err)
	}
	secret := strings.TrimSpace(string(raw))
	distinct := map[rune]bool{}
	for _, r := range secret {
		distinct[r] = true
	}
	if len(secret) < minSecret || len(distinct) < 8 {
		return nil, fmt.Errorf("secret_file: %s is too weak: it needs %d random bytes or more; make one with `openssl rand -hex 32 > FILE`", c.SecretFile, minSecret)
	}
	return []byte(secret), nil
}

// Key derives a key of 32 bytes for one purpose; two purposes never share a key.
func Key(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "housecall "+purpose, 32)
	if err != nil {
		panic("config: derive key: " + err.Error())
	}
	return key
}

// ReadSecret reads a secret from a file, without the line's end. No file is no secret.
func ReadSecret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(raw))
	if secret == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return secret, nil
}

// SlogLevel is the level in slog's words.
func (l Log) SlogLevel() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return level, fmt.Errorf("log.level is %q: say debug, info, warn or error", l.Level)
	}
	return level, nil
}

// Package config is everything that can be set: defaults that run on a laptop, then a file, then
// HOUSECALL_* variables, then flags. An unknown key is an error. Secrets are read from files.
package config

import (
	"time"
)

// Config is the whole configuration. The yaml names are the keys; in the environment they are
// HOUSECALL_ and the key in capitals, mail.host as HOUSECALL_MAIL_HOST; as flags --mail-host.
type Config struct {
	Listen    string `yaml:"listen" help:"address to listen on"`
	PublicURL string `yaml:"public_url" help:"address that people open, for links in messages"`
	Data      string `yaml:"data" help:"folder for documents, events and files"`
	Store     string `yaml:"store" help:"where documents are kept: empty for a file in the data folder, or mongodb://..."`
	Bus       string `yaml:"bus" help:"where events are kept: empty for the data folder, or nats://..."`
	BusCreds  string `yaml:"bus_creds" help:"file with the credentials for the NATS cluster"`
	BusCA     string `yaml:"bus_ca" help:"file with the authority of the NATS cluster's certificates, where the system does not know it"`
	Replicas  int    `yaml:"bus_replicas" help:"copies of every event on a NATS cluster"`
	Node      string `yaml:"node" help:"name of this node among others; empty for the host's name"`
	Proxies   string `yaml:"trusted_proxies" help:"addresses and networks of the proxies in front, with commas, like 10.0.0.0/8: their X-Forwarded-For says where people ask from; empty: there is none"`

	Files Files `yaml:"files"`

	SecretFile     string `yaml:"secret_file" help:"file with the service's secret, 32 bytes or more, that keys are made from"`
	AdminTokenFile string `yaml:"admin_token_file" help:"file with a token that acts as an operator, for programs"`

	Mail  Mail  `yaml:"mail"`
	SMS   SMS   `yaml:"sms"`
	Keys  Keys  `yaml:"keys"`
	TLS   TLS   `yaml:"tls"`
	Log   Log   `yaml:"log"`
	Trace Trace `yaml:"trace"`
	Limit Limit `yaml:"limit"`
	Visit Visit `yaml:"visit"`
	Media Media `yaml:"media"`
	Turn  Turn  `yaml:"turn"`

	Clinic  Clinic  `yaml:"clinic"`
	Tax     Tax     `yaml:"tax"`
	Carrier Carrier `yaml:"carrier"`
	Keep    Keep    `yaml:"keep"`

	Payment       string        `yaml:"payment" help:"payment gateway: sandbox"`
	Currency      string        `yaml:"currency" help:"ISO 4217 code where no zone says another"`
	Jurisdiction  string        `yaml:"jurisdiction" help:"rules that hold where no zone says others"`
	Emergency     string        `yaml:"emergency_number" help:"number to call where no zone says another"`
	FormularyFile string        `yaml:"formulary_dir" help:"folder with a whole formulary in place of the one built in"`
	OwnFormulary  string        `yaml:"own_formulary" help:"folder with tables of own medicines, or one CSV file like formulary.csv, added to the formulary"`
	Map           Map           `yaml:"map"`
	Roads         Roads         `yaml:"roads"`
	Timeout       time.Duration `yaml:"timeout" help:"how long one request may take"`
	StartWithin   time.Duration `yaml:"start_within" help:"how long to wait at start for engines that do not answer yet"`
	Drain         time.Duration `yaml:"drain" help:"how long a node that stops says so on /readyz and still answers, for a balancer to turn away from it"`
	StopWithin    time.Duration `yaml:"stop_within" help:"how long a graceful stop may take"`
	Drill         Drill         `yaml:"drill"`
}

// Drill is what goes wrong on purpose; only scripts/drill sets it.
type Drill struct {
	ClockJump time.Duration `yaml:"clock_jump" help:"for the fault drill alone: this node's clock jumps by so much, five seconds after its start"`
}

// Files is where files are kept: empty, in the data folder; else in a bucket of MinIO or any S3.
type Files struct {
	URL        string        `yaml:"url" help:"where files are kept: empty for the data folder, or the address of MinIO or any S3, https://..."`
	PublicURL  string        `yaml:"public_url" help:"address that people's browsers reach it by; empty: files.url"`
	Bucket     string        `yaml:"bucket" help:"its bucket, which must keep versions"`
	AccessKey  string        `yaml:"access_key" help:"access key, with all rights to this bucket and no other"`
	SecretFile string        `yaml:"secret_file" help:"file with the secret of the access key"`
	Region     string        `yaml:"region" help:"region of the bucket"`
	CA         string        `yaml:"ca" help:"file with the authority of its certificate, where the system does not know it"`
	Encryption string        `yaml:"encryption" help:"server: the server encrypts every file with a key of its own; disk: its disks are encrypted"`
	Keep       time.Duration `yaml:"keep" help:"how long a deleted or replaced file stays as an old version, in whole days"`
}

// Map is where maps get their ground from.
type Map struct {
	Tiles       string `yaml:"tiles" help:"address of a tile server with {z}, {x} and {y}; empty: maps show land, places and ways alone"`
	Attribution string `yaml:"attribution" help:"whose tiles they are, as their owner wants it said"`
}

// Roads is where travel times by road come from. A vehicle without a profile, and every way that the server
// does not know, goes by distance.
type Roads struct {
	URL     string `yaml:"url" help:"server that answers as OSRM's table service does; it is told places, nothing else; empty: travel times by distance"`
	Walk    string `yaml:"walk" help:"its name for how one walks; empty: by distance"`
	Bicycle string `yaml:"bicycle" help:"the same for bicycles"`
	Scooter string `yaml:"scooter" help:"the same for scooters"`
	Car     string `yaml:"car" help:"the same for cars"`
}

// Mail is the way to people's mailboxes.
type Mail struct {
	Host         string `yaml:"host" help:"SMTP server"`
	Port         int    `yaml:"port" help:"its port"`
	User         string `yaml:"user" help:"user name; empty for none"`
	PasswordFile string `yaml:"password_file" help:"file with the password"`
	From         string `yaml:"from" help:"address that messages come from"`
	TLS          string `yaml:"tls" help:"starttls, tls (from the start), or none (only for a relay on this machine)"`
}

// SMS is the way to people's phones.
type SMS struct {
	URL       string `yaml:"url" help:"HTTP gateway for messages; empty: mail only"`
	TokenFile string `yaml:"token_file" help:"file with its bearer token"`
}

// Keys is the key service that makes doctors' signing keys and signs with them.
type Keys struct {
	URL       string `yaml:"url" help:"key service that signs for doctors (Vault or OpenBao, transit); empty: keys are sealed in the store"`
	Mount     string `yaml:"mount" help:"where its transit engine is mounted"`
	TokenFile string `yaml:"token_file" help:"file with its token, read at each signature"`
}

// TLS is the certificate of the service; without one a proxy in front ends TLS.
type TLS struct {
	Cert string `yaml:"cert" help:"certificate file (PEM)"`
	Key  string `yaml:"key" help:"key file (PEM)"`
}

// Log says what is logged.
type Log struct {
	Level  string `yaml:"level" help:"debug, info, warn or error"`
	Format string `yaml:"format" help:"json or text"`
}

// Trace says where traces of requests go. They carry no personal data.
type Trace struct {
	URL       string  `yaml:"url" help:"collector of traces, OTLP over HTTP, like http://localhost:4318; empty: nothing is traced"`
	TokenFile string  `yaml:"token_file" help:"file with a bearer token for it"`
	Part      float64 `yaml:"part" help:"which part of all requests is traced, 0 to 1"`
}

// Limit says how much one caller may ask.
type Limit struct {
	PerSecond float64 `yaml:"per_second" help:"requests a second for one account; 0: no limit"`
	Burst     int     `yaml:"burst" help:"how many at once"`
	Nobody    float64 `yaml:"nobody_per_second" help:"requests a second for one address that has not signed in"`
}

// Visit says what a visit costs, in minor units of the currency of the place.
type Visit struct {
	Fee       int64 `yaml:"fee_minor" help:"fee of a visit, minor units"`
	NoShowFee int64 `yaml:"no_show_fee_minor" help:"fee for a booked visit that nobody came to, minor units"`
}

// Carrier is who takes parcels.
type Carrier struct {
	SecretFile string `yaml:"secret_file" help:"file with the secret that carriers sign their reports with; empty: their word is typed in"`
}

// Keep says how long what is of no more use is kept. Of the records of patients only recordings and chats are among it.
type Keep struct {
	Codes    time.Duration `yaml:"codes" help:"how long one-time codes and wrong guesses are kept after they ended; a day at least"`
	Sessions time.Duration `yaml:"sessions" help:"how long sessions are kept after they ended"`
	Tracks   time.Duration `yaml:"tracks" help:"how long the ways of couriers are kept after the last position, as evidence for a case"`
	Drafts   time.Duration `yaml:"drafts" help:"how long files of an intake that was never handed in, and files that were never settled, are kept after the last change"`
	// A rule of the place that asks for longer wins.
	Recordings time.Duration `yaml:"recordings" help:"how long recordings of calls are kept; a rule of the place that asks for longer wins"`
	Chats      time.Duration `yaml:"chats" help:"how long is kept what was written and sent in calls, and said about an order on its way; a rule of the place that asks for longer wins"`
}

// Clinic is where the doctors of this service work, as printed prescriptions name it.
type Clinic struct {
	Name    string `yaml:"name" help:"name of the practice on printed prescriptions"`
	Address string `yaml:"address" help:"its address"`
	Country string `yaml:"country" help:"its country, in full"`
	Mail    string `yaml:"mail" help:"mail address for questions about a prescription"`
	Phone   string `yaml:"phone" help:"telephone for the same, with the country's prefix"`
}

// Tax is what prices contain, as invoices say it. Which rate holds for whom is not known here.
type Tax struct {
	Name     string `yaml:"name" help:"name of the tax that prices contain, like VAT"`
	ID       string `yaml:"id" help:"tax number of the practice, for its invoices"`
	Fees     int64  `yaml:"fees" help:"its rate in fees, in hundredths of a percent (1900 is 19 %); 0: invoices show no tax"`
	Medicine int64  `yaml:"medicine" help:"its rate in medicine, the same"`
}

// Media is how calls reach this node.
type Media struct {
	Listen    string `yaml:"listen" help:"address for the sound and pictures of calls, UDP and TCP on one number; open it for both"`
	Addresses string `yaml:"addresses" help:"IP addresses that callers reach this node by, with commas; empty: those of this machine"`
	NodeURL   string `yaml:"node_url" help:"address that browsers reach this very node at, where several serve; empty: public_url"`
}

// Turn is the relay for callers whose network lets no UDP through. With tls.cert it also answers on the
// service's own port.
type Turn struct {
	Listen string `yaml:"listen" help:"address of the relay, UDP and TCP; empty: TLS on the service's own port alone"`
	Host   string `yaml:"host" help:"name that callers reach the relay by; empty: that of public_url"`
}

// Default is the configuration of a laptop. What it lacks for serving people (a secret, a mail
// server) Check names.
func Default() Config {
	return Config{
		Listen: "localhost:8080", Data: "data", Payment: "sandbox", Currency: "CNY", Jurisdiction: "house", Emergency: "112",
		Mail: Mail{Port: 587, TLS: "starttls"}, Log: Log{Level: "info", Format: "json"}, Trace: Trace{Part: .1},
		Limit: Limit{PerSecond: 50, Burst: 100, Nobody: 10},
		Roads: Roads{Walk: "foot", Bicycle: "bike", Scooter: "bike", Car: "car"},
		Keep:  Keep{Codes: 24 * time.Hour, Sessions: 90 * 24 * time.Hour, Tracks: 30 * 24 * time.Hour, Drafts: 30 * 24 * time.Hour, Recordings: 3 * 365 * 24 * time.Hour, Chats: 3 * 365 * 24 * time.Hour},
		Visit: Visit{Fee: 5000},
		Media: Media{Listen: "localhost:0"}, Keys: Keys{Mount: "transit"},
		Replicas: 3, Files: Files{Bucket: "housecall", Region: "us-east-1", Encryption: "server", Keep: 30 * 24 * time.Hour},
		Timeout: 15 * time.Second, StartWithin: 30 * time.Second, StopWithin: 20 * time.Second,
	}
}

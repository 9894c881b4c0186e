package app

import (
	"cmp"
	"net/url"

	"housecall/internal/blob"
	"housecall/internal/config"
	"housecall/internal/httpapi"
	"housecall/internal/web"
)

// api lists every resource of the HTTP API.
func (a *App) api(o Options, e engines) *httpapi.Server {
	c := o.Config
	ground := o.Ground
	if c.Map.Tiles != "" {
		ground = web.Ground{Tiles: c.Map.Tiles, Attribution: c.Map.Attribution}
	}
	limits := httpapi.Limits{PerSecond: c.Limit.PerSecond, Burst: c.Limit.Burst, Nobody: c.Limit.Nobody}
	if o.Demo {
		limits = httpapi.Limits{}
	}
	keepers := httpapi.Keepers{People: a.Identity, Intakes: a.Intake, Visits: a.Consult, Prescriptions: a.Prescribing, Clock: e.clock}
	mounts := append(httpapi.PaperMounts(a.Prescribing), httpapi.FHIRMounts(keepers, c.PublicURL)...)
	if folder, ours := a.Files.(*blob.Folder); ours {
		mounts = append(mounts, httpapi.FileMounts(folder)...)
	}
	mounts = append(mounts, httpapi.CallMounts(a.calls.rooms)...)
	mounts = append(mounts, httpapi.RecordingMounts(a.Consult, a.calls.kept)...)
	var outbox [][]httpapi.Route
	if o.Demo && o.Outbox != nil {
		mounts = append(mounts, httpapi.OutboxMounts(o.Outbox)...)
		outbox = append(outbox, httpapi.Outbox(o.Outbox, e.clock), httpapi.Lab(a.Consult, a.calls))
	}
	return httpapi.New(httpapi.Deps{
		Auth: a.Identity, Guard: a.Guard, Clock: e.clock, Log: e.log, Metrics: a.Metrics, Limits: limits, Proxies: e.proxies, Version: Version,
		Tracer: a.tracing, Ready: a.ready, Timeout: c.Timeout, Mounts: mounts, Fallback: web.New(web.Options{Ground: ground, Reach: reach(c.Files)}),
	}, append(outbox,
		httpapi.SignIn(a.Identity, c.PublicURL), httpapi.Sessions(a.Identity), httpapi.Passkeys(a.Identity, c.PublicURL), httpapi.Accounts(a.Identity), httpapi.Persons(a.Identity),
		httpapi.Grants(a.Identity, e.wall), httpapi.Enrolment(a.Identity, e.wall), httpapi.Applications(a.Onboarding), httpapi.Uploads(a.Upload),
		httpapi.Intakes(a.Intake), httpapi.Attachments(a.Intake), httpapi.HealthRecord(a.Intake),
		httpapi.Everything(keepers),
		httpapi.Visits(a.Consult), httpapi.Queue(a.Consult), httpapi.Slots(a.Consult), httpapi.Notes(a.Consult), httpapi.Calls(a.Consult, a.calls),
		httpapi.Threads(a.Consult), httpapi.Recordings(a.Consult), httpapi.CallFiles(a.Consult),
		httpapi.Formulary(a.Prescribing), httpapi.Prescriptions(a.Prescribing), httpapi.Papers(a.Prescribing),
		httpapi.Pharmacies(a.Pharmacy, e.clock), httpapi.Stock(a.Pharmacy), httpapi.Quotes(a.Pharmacy), httpapi.Fills(a.Pharmacy),
		httpapi.Orders(a.Order, e.clock), httpapi.Carriers(a.Pharmacy, e.carriers, e.wall),
		httpapi.Zones(a.Delivery), httpapi.Addresses(a.Delivery), httpapi.Shifts(a.Delivery, e.clock), httpapi.Jobs(a.Delivery, e.clock),
		httpapi.Rides(a.Delivery), httpapi.Tracking(a.Delivery), httpapi.Forecasts(a.Forecast, a.Delivery), httpapi.Talks(a.Delivery, a.calls),
		httpapi.Payments(a.Billing), httpapi.Receipts(a.Billing), httpapi.Invoices(a.Billing), httpapi.Coupons(a.Billing), httpapi.Payouts(a.Billing), httpapi.Ledger(a.Billing),
		httpapi.Cases(a.Support), httpapi.Audit(a.Audit), httpapi.AccessLog(a.Audit), httpapi.Exports(a.Order, a.Billing, a.Audit, e.clock),
		httpapi.Feed(a.Bus, httpapi.ReachOf(a.Identity, e.wall), a.Support), httpapi.Stuck(a.Bus), httpapi.Watch(a.Bus, e.node, Version),
	)...)
}

// reach is where the web app sends files to and shows them from, beside this service.
func reach(f config.Files) []string {
	u, err := url.Parse(cmp.Or(f.PublicURL, f.URL))
	if err != nil || u.Host == "" {
		return nil
	}
	return []string{u.Scheme + "://" + u.Host}
}

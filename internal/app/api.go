package app

import (
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
	mounts := append(httpapi.FileMounts(e.files), httpapi.PaperMounts(a.Prescribing)...)
	mounts = append(mounts, httpapi.CallMounts(a.calls.rooms)...)
	var outbox [][]httpapi.Route
	if o.Demo && o.Outbox != nil {
		mounts = append(mounts, httpapi.OutboxMounts(o.Outbox)...)
		outbox = append(outbox, httpapi.Outbox(o.Outbox))
	}
	return httpapi.New(httpapi.Deps{
		Auth: a.Identity, Guard: a.Guard, Clock: e.clock, Log: e.log, Metrics: a.Metrics, Limits: limits, Version: Version,
		Ready: a.ready, Timeout: c.Timeout, Mounts: mounts, Fallback: web.New(web.Options{Ground: ground}),
	}, append(outbox,
		httpapi.SignIn(a.Identity, c.PublicURL), httpapi.Sessions(a.Identity), httpapi.Accounts(a.Identity), httpapi.Persons(a.Identity),
		httpapi.Grants(a.Identity, e.wall), httpapi.Enrolment(a.Identity, e.wall), httpapi.Applications(a.Onboarding), httpapi.Uploads(a.Upload),
		httpapi.Intakes(a.Intake), httpapi.Attachments(a.Intake), httpapi.HealthRecord(a.Intake),
		httpapi.Visits(a.Consult), httpapi.Queue(a.Consult), httpapi.Slots(a.Consult), httpapi.Notes(a.Consult), httpapi.Calls(a.Consult, a.calls),
		httpapi.Threads(a.Consult),
		httpapi.Formulary(a.Prescribing), httpapi.Prescriptions(a.Prescribing), httpapi.Papers(a.Prescribing),
		httpapi.Pharmacies(a.Pharmacy, e.clock), httpapi.Stock(a.Pharmacy), httpapi.Quotes(a.Pharmacy), httpapi.Fills(a.Pharmacy),
		httpapi.Orders(a.Order, e.clock), httpapi.Carriers(a.Pharmacy, e.carriers, e.wall),
		httpapi.Zones(a.Delivery), httpapi.Addresses(a.Delivery), httpapi.Shifts(a.Delivery, e.clock), httpapi.Jobs(a.Delivery, e.clock),
		httpapi.Rides(a.Delivery), httpapi.Tracking(a.Delivery), httpapi.Forecasts(a.Forecast, a.Delivery), httpapi.Talks(a.Delivery, a.calls),
		httpapi.Payments(a.Billing), httpapi.Receipts(a.Billing), httpapi.Coupons(a.Billing), httpapi.Payouts(a.Billing), httpapi.Ledger(a.Billing),
		httpapi.Cases(a.Support), httpapi.Audit(a.Audit), httpapi.AccessLog(a.Audit),
		httpapi.Feed(a.Bus, httpapi.ReachOf(a.Identity, e.wall)), httpapi.Stuck(a.Bus),
	)...)
}

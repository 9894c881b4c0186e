package httpapi

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/audit"
	"housecall/internal/billing"
	"housecall/internal/clock"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/promise"
)

// Exports are the routes of reports over many records: tables for a spreadsheet, and stage times. They
// carry ids and codes, nothing of who the people behind them are.
func Exports(orders *order.Service, bills *billing.Service, log *audit.Service, clk clock.Clock) []Route {
	r := exportRoutes{orders, bills, log, clk}
	return []Route{
		get("/stages", "order.list", "Report how long orders took in each stage, hour by hour", r.stages),
		get("/exports/orders", "order.list", "Write the orders of a period as a CSV file", r.ordersFile),
		get("/exports/ledger", "ledger.read", "Write every posting of a period as a CSV file", r.ledgerFile),
		get("/exports/invoices", "ledger.read", "Write the invoices and credit notes of a period as a CSV file", r.invoicesFile),
		get("/exports/audit", "audit.search", "Write what a search of the audit finds as a CSV file", r.auditFile),
	}
}

type exportRoutes struct {
	orders *order.Service
	bills  *billing.Service
	log    *audit.Service
	clock  clock.Clock
}

// mostLines is how many lines one file holds; of more a part would be taken for the whole.
const mostLines = 20_000

func tooMany() error {
	return fault.InvalidField("/from", "There are more than 20,000 lines in this period. Choose a shorter one.")
}

// PeriodIn asks for what lies between two moments; without them for the last week.
type PeriodIn struct {
	From  time.Time `query:"from" doc:"A week before until, when left out."`
	Until time.Time `query:"until" doc:"Not included; now, when left out."`
}

func (p PeriodIn) of(now time.Time) (order.Period, error) {
	if p.Until.IsZero() {
		p.Until = now
	}
	if p.From.IsZero() {
		p.From = p.Until.Add(-usualPeriod)
	}
	if !p.From.Before(p.Until) {
		return order.Period{}, fault.InvalidField("/until", "The end has to be after the beginning.")
	}
	return order.Period(p), nil
}

const usualPeriod = 7 * 24 * time.Hour

// StagesView is how long orders took in each stage.
type StagesView struct {
	From  time.Time       `json:"from"`
	Until time.Time       `json:"until"`
	Cut   bool            `json:"cut" doc:"There were more orders than one report reads; the newest are in it."`
	Whole StageHourView   `json:"whole"`
	Hours []StageHourView `json:"hours" nullable:"false"`
}

// StageHourView is what the orders placed in one hour took. Hours without a delivered order are left out.
type StageHourView struct {
	At     time.Time   `json:"at"`
	Orders int         `json:"orders"`
	InTime int         `json:"in_time" doc:"Delivered before their promise broke."`
	ToDoor SpreadView  `json:"to_door"`
	Stages []StageView `json:"stages" nullable:"false"`
}

// StageView is one stage of one hour.
type StageView struct {
	Stage string `json:"stage" enum:"review,pack,collect,ride"`
	SpreadView
	BudgetSeconds int `json:"budget_seconds" doc:"What it may take; 0: no time of its own."`
}

// SpreadView is what half took at the most, and nine of ten.
type SpreadView struct {
	P50Seconds int `json:"p50_seconds"`
	P90Seconds int `json:"p90_seconds"`
}

type stagesIn struct {
	Zone  string `query:"zone" maxLength:"96"`
	Hours int    `query:"hours" minimum:"1" maximum:"168" default:"24"`
}

func (r exportRoutes) stages(ctx context.Context, a access.Actor, in *stagesIn) (*Reply[StagesView], error) {
	until := r.clock.Now().UTC()
	p := order.Period{From: until.Add(-time.Duration(in.Hours) * time.Hour), Until: until}
	t, err := r.orders.Stages(ctx, a, id.Zone(in.Zone), p)
	if err != nil {
		return nil, err
	}
	v := StagesView{From: p.From, Until: p.Until, Cut: t.Cut, Whole: stageHourView(t.Whole), Hours: make([]StageHourView, 0, len(t.Hours))}
	for _, h := range t.Hours {
		v.Hours = append(v.Hours, stageHourView(h))
	}
	return reply(0, v), nil
}

func stageHourView(h order.StageHour) StageHourView {
	v := StageHourView{At: h.At, Orders: h.Orders, InTime: h.InTime, ToDoor: spreadView(h.ToDoor)}
	budget := [promise.Done]time.Duration{h.Budgets.Review, h.Budgets.Pack, 0, h.Budgets.Ride}
	for stage, name := range [promise.Done]string{"review", "pack", "collect", "ride"} {
		v.Stages = append(v.Stages, StageView{name, spreadView(h.Stages[stage]), int(budget[stage].Seconds())})
	}
	return v
}

func spreadView(s order.Spread) SpreadView {
	return SpreadView{int(s.P50.Seconds()), int(s.P90.Seconds())}
}

func (r exportRoutes) ordersFile(ctx context.Context, a access.Actor, in *PeriodIn) (*csvOut, error) {
	p, err := in.of(r.clock.Now())
	if err != nil {
		return nil, err
	}
	all, cut, err := r.orders.Export(ctx, a, p)
	if err != nil {
		return nil, err
	}
	if cut {
		return nil, tooMany()
	}
	t := table{{"order", "state", "why", "made_at", "placed_at", "due_at", "stopped_at", "seconds_to_spare", "fulfilment", "zone", "pharmacy", "attempt", "medicine_minor", "delivery_fee_minor", "discount_minor", "total_minor", "currency", "review_s", "pack_s", "collect_s", "ride_s", "stars"}}
	for _, o := range all {
		t = append(t, orderLine(o))
	}
	return t.file("orders.csv")
}

func orderLine(o *order.Order) []string {
	why, spare, stars := "", "", ""
	if n := len(o.History); n > 0 {
		why = o.History[n-1].Why
	}
	if !o.Promise.Stopped.IsZero() {
		spare = seconds(o.Promise.Due.Sub(o.Promise.Stopped))
	}
	if o.Rating != nil {
		stars = strconv.Itoa(o.Rating.Stars)
	}
	line := []string{
		string(o.ID), string(o.State), why, stamp(o.CreatedAt), stamp(o.Promise.Started), stamp(o.Promise.Due), stamp(o.Promise.Stopped), spare,
		string(o.Fulfilment), string(o.Zone), string(o.Pharmacy), strconv.Itoa(o.Attempt),
		minor(o.Quote.Medicine.Minor), minor(o.Quote.DeliveryFee.Minor), minor(o.Discount.Minor), minor(o.Total().Minor), o.Total().Currency,
	}
	for _, d := range o.Took() {
		line = append(line, seconds(d))
	}
	return append(line, stars)
}

func (r exportRoutes) ledgerFile(ctx context.Context, a access.Actor, in *PeriodIn) (*csvOut, error) {
	p, err := in.of(r.clock.Now())
	if err != nil {
		return nil, err
	}
	all, err := r.bills.Postings(ctx, a, p.From, p.Until)
	if err != nil {
		return nil, err
	}
	if len(all) > mostLines {
		return nil, tooMany()
	}
	t := table{{"at", "source", "what", "account", "for", "minor", "currency"}}
	for _, l := range all {
		t = append(t, []string{stamp(l.At), l.Source, l.What, l.Account, string(l.For), minor(l.Minor), l.Currency})
	}
	return t.file("ledger.csv")
}

type auditFileIn struct {
	Patient id.Patient `query:"patient" maxLength:"96"`
	Record  string     `query:"record" maxLength:"96"`
	Account id.Account `query:"account" maxLength:"96"`
	PeriodIn
}

func (r exportRoutes) auditFile(ctx context.Context, a access.Actor, in *auditFileIn) (*csvOut, error) {
	p, err := in.of(r.clock.Now())
	if err != nil {
		return nil, err
	}
	t := table{{"at", "what", "action", "account", "role", "session", "record", "patient", "pharmacy", "reason", "event", "count", "block"}}
	q := audit.Query{Patient: in.Patient, Record: in.Record, Account: in.Account, From: p.From, Until: p.Until, Limit: 500}
	for {
		page, err := r.log.Search(ctx, a, q)
		if err != nil {
			return nil, err
		}
		for _, l := range page.Items {
			e := l.Entry
			t = append(t, []string{stamp(e.At), string(e.What), e.Action, string(e.Account), string(e.Role), string(e.Session), e.Record, string(e.Patient), string(e.Pharmacy), e.Reason, e.Event, minor(e.Count), string(l.Block)})
		}
		if len(t) > mostLines {
			return nil, tooMany()
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return t.file("audit.csv")
		}
	}
}

// table is lines of cells, the first of them names.
type table [][]string

func (t table) file(name string) (*csvOut, error) {
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	for _, line := range t {
		for i, cell := range line {
			line[i] = harmless(cell)
		}
		if err := w.Write(line); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return &csvOut{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="` + name + `"`, Body: file.Bytes()}, w.Error()
}

// harmless keeps a spreadsheet from taking a text for a formula; a number stays one.
func harmless(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	if _, err := strconv.ParseInt(cell, 10, 64); err == nil {
		return cell
	}
	return "'" + cell
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

func minor(n int64) string { return strconv.FormatInt(n, 10) }

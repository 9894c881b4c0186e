package sim

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"housecall/internal/id"
	"housecall/internal/pharmacy"
)

// pharmacist is a pharmacy that acts by itself: reviews, accepts, packs from the batch that runs out
// first, seals, and hands the bag to the courier who shows the code.
type pharmacist struct {
	*actor
	bags int
	sent []string // fills that came back, to be disposed of
}

// How long a pharmacist of the demo takes for a thing.
const (
	reviews = 30 * time.Second
	packs   = 75 * time.Second
	comes   = 3 * time.Minute // until the demo fetches a pick-up for who does not
)

func (p *pharmacist) turn(ctx context.Context) (time.Duration, error) {
	work, err := p.Get(ctx, "/pharmacies/"+string(p.who.pharmacy)+"/fills?limit=50")
	if err != nil {
		return 10 * time.Second, err
	}
	pause := 10 * time.Second
	var all []error
	for _, f := range items(work) {
		pause = 4 * time.Second
		if text(f, "owes") == "" {
			all = append(all, p.refused("fill", p.work(ctx, f)))
		}
	}
	all = append(all, p.counter(ctx))
	p.dispose(ctx)
	return pause, errors.Join(all...)
}

// work does the next step of one fill when its time has come.
func (p *pharmacist) work(ctx context.Context, f JSON) error {
	path, since := "/fills/"+text(f, "fill"), text(f, "since")
	switch state := text(f, "state"); {
	case state == "offered" && p.waited(since, grace):
		_, err := p.Post(ctx, path+"/review", nil)
		return err
	case state == "reviewing" && p.waited(since, reviews):
		return p.accept(ctx, path)
	case state == "preparing" && p.waited(since, packs):
		return p.pack(ctx, path)
	case state == "ready" && text(f, "fulfilment") == "pickup" && p.waited(since, comes):
		code, err := p.doors.read(ctx, id.Order(text(f, "order")), path+"/pickup-code")
		if err != nil {
			return err
		}
		_, err = p.Post(ctx, path+"/hand-over", JSON{"code": code})
		return err
	case state == "ready" && text(f, "fulfilment") == "parcel" && p.waited(since, grace):
		_, err := p.Post(ctx, path+"/ship", JSON{"carrier": "Lampford Post", "tracking": "LP" + strconv.FormatInt(p.clock.Now().Unix(), 10)})
		return err
	}
	return nil
}

// accept says yes with a reason for each new warning; a hard stop is refused for safety.
func (p *pharmacist) accept(ctx context.Context, path string) error {
	sheet, err := p.Get(ctx, path+"/sheet")
	if err != nil {
		return err
	}
	reasons, stopped := JSON{}, false
	findings, _ := sheet.At("findings").([]any)
	for _, one := range findings {
		f, _ := one.(JSON)
		stopped = stopped || text(f, "severity") == "hard_stop"
		if text(f, "severity") == "warning" && f["known"] != true {
			reasons[text(f, "id")] = "Short course; the patient was told what to look out for."
		}
	}
	if stopped {
		_, err = p.Post(ctx, path+"/refuse", JSON{"reason": "safety"})
		return err
	}
	_, err = p.Post(ctx, path+"/accept", JSON{"reasons": reasons})
	return err
}

// pack takes every line from the batches that run out first, and seals the bag.
func (p *pharmacist) pack(ctx context.Context, path string) error {
	fill, err := p.Get(ctx, path)
	if err != nil {
		return err
	}
	var packed []JSON
	lines, _ := fill.At("lines").([]any)
	for i, one := range lines {
		line, _ := one.(JSON)
		taken, err := p.take(ctx, text(line, "product"), number(line, "units"))
		if err != nil {
			return err
		}
		for _, t := range taken {
			t["line"] = i
			packed = append(packed, t)
		}
	}
	if _, err := p.Post(ctx, path+"/pack", JSON{"packed": packed}); err != nil {
		return err
	}
	p.bags++
	seal := "LF" + strconv.Itoa(p.who.counter) + "-" + strconv.FormatInt(p.wall.Now().Unix()%1_000_000, 10) + "-" + strconv.Itoa(p.bags)
	_, err = p.Post(ctx, path+"/ready", JSON{"seal": seal, "labelled": true})
	return err
}

// take finds so many units of a product on the shelf.
func (p *pharmacist) take(ctx context.Context, product string, units int) ([]JSON, error) {
	stock, err := p.Get(ctx, "/stock/"+string(pharmacy.StockOf(p.who.pharmacy, product)))
	if err != nil {
		return nil, err
	}
	var out []JSON
	today := p.clock.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	batches, _ := stock.At("batches").([]any)
	for units > 0 {
		var first JSON
		for _, one := range batches {
			b, _ := one.(JSON)
			if number(b, "units") > 0 && text(b, "expiry") > today && (first == nil || text(b, "expiry") < text(first, "expiry")) {
				first = b
			}
		}
		if first == nil {
			break // the service says that the bag is not complete
		}
		n := min(units, number(first, "units"))
		out = append(out, JSON{"product": product, "batch": text(first, "batch"), "expiry": text(first, "expiry"), "units": n})
		first["units"] = 0.0
		units -= n
	}
	return out, nil
}

// counter hands bags to couriers who stand there, and takes back what they bring.
func (p *pharmacist) counter(ctx context.Context) error {
	jobs, err := p.Get(ctx, "/pharmacies/"+string(p.who.pharmacy)+"/jobs")
	if err != nil {
		return err
	}
	for _, j := range items(jobs) {
		step := map[string]string{"at_pharmacy": "collect", "returning": "take-back"}[text(j, "state")]
		if step == "" || step == "collect" && text(j, "seal") == "" {
			continue
		}
		code, ok := p.codeOf(ctx, id.Account(text(j, "courier")), text(j, "id"))
		if !ok {
			continue
		}
		if _, err := p.Post(ctx, "/jobs/"+text(j, "id")+"/"+step, JSON{"code": code}); p.refused(step, err) != nil {
			return err
		}
		if step == "take-back" {
			p.sent = append(p.sent, text(j, "fill"))
		}
	}
	return nil
}

// dispose destroys what came back: medicine that has left the house is not given to anybody else.
func (p *pharmacist) dispose(ctx context.Context) {
	var left []string
	for _, fill := range p.sent {
		if _, err := p.Post(ctx, "/fills/"+fill+"/dispose", JSON{"disposition": "destroy"}); err != nil {
			left = append(left, fill) // its return is not booked yet
		}
	}
	p.sent = left
}

// codeOf looks at the courier's phone: at the demo's own session of that courier.
func (t *town) codeOf(ctx context.Context, courier id.Account, job string) (string, bool) {
	for _, a := range t.actors {
		if a.who.account != courier {
			continue
		}
		own := Client{Base: a.Base, HTTP: a.HTTP, Token: a.token()}
		code, err := own.Get(ctx, "/jobs/"+job+"/code")
		if StatusOf(err) == http.StatusConflict {
			return "", false // no code to show now
		}
		return code.Text("code"), err == nil
	}
	return "", false
}

package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/intake"
	"housecall/internal/onboarding"
	"housecall/internal/pharmacy"
)

// seed peoples the town. Every step is one that may be repeated: on a folder that was kept it finds
// all of it there. What does not need one another is done at once, so that the store groups the writes.
func (d *Demo) seed(ctx context.Context, jurisdiction string) error {
	tasks := make([]func() error, 0, len(d.People))
	for _, p := range d.People {
		tasks = append(tasks, func() error { return d.enrol(ctx, p, jurisdiction) })
	}
	if err := atOnce(tasks...); err != nil {
		return err
	}
	operator := d.person(DemoOperator).actor(seeding("zone"))
	if _, err := d.App.Delivery.DrawZone(ctx, operator, lampfordContent(jurisdiction)); err != nil {
		return fmt.Errorf("draw the zone: %w", err)
	}
	tasks = []func() error{
		func() error { return d.grant(ctx) },
		func() error { return d.dependant(ctx) },
		func() error { return d.allergy(ctx) },
	}
	for i := range counters {
		tasks = append(tasks, func() error { return d.openCounter(ctx, i, jurisdiction) })
	}
	return atOnce(tasks...)
}

// seeding is the request of one act of the seeding: done before, it is not done again.
func seeding(parts ...string) id.Request {
	return id.RequestOf(nil, append([]string{"demo"}, parts...)...)
}

func atOnce(tasks ...func() error) error {
	var running sync.WaitGroup
	errs := make([]error, len(tasks))
	for i, t := range tasks {
		running.Go(func() { errs[i] = t() })
	}
	running.Wait()
	return errors.Join(errs...)
}

func (d *Demo) person(address string) *Person {
	for _, p := range d.People {
		if p.Address == address {
			return p
		}
	}
	panic("sim: nobody in town has the address " + address)
}

// enrol makes an account, and has it vetted where the work asks for it.
func (d *Demo) enrol(ctx context.Context, p *Person, jurisdiction string) error {
	account, _, err := d.App.Identity.Seed(ctx, p.seed())
	if err != nil {
		return fmt.Errorf("enrol a %s: %w", p.Role, err)
	}
	p.account, p.patient = account.ID, account.Person
	kind := kindOf(p.Role)
	if kind == "" {
		return nil
	}
	if err := d.vet(ctx, kind, string(p.account), p, jurisdiction); err != nil || p.Role != access.Doctor {
		return err
	}
	return d.hours(ctx, p, jurisdiction)
}

// kindOf is what somebody of a role is vetted as; empty for those who need no vetting.
func kindOf(r access.Role) onboarding.Kind {
	switch r {
	case access.Doctor:
		return onboarding.Doctor
	case access.Pharmacist:
		return onboarding.Pharmacist
	case access.Courier:
		return onboarding.Courier
	default:
		return ""
	}
}

func (d *Demo) vet(ctx context.Context, kind onboarding.Kind, subject string, p *Person, jurisdiction string) error {
	until := d.clock.Now().AddDate(2, 0, 0).Truncate(24 * time.Hour)
	var papers []onboarding.NewPaper
	for _, k := range []onboarding.PaperKind{onboarding.Licence, onboarding.Identity, onboarding.BackgroundCheck, onboarding.Insurance} {
		papers = append(papers, onboarding.NewPaper{Kind: k, ValidUntil: until})
	}
	in := onboarding.Apply{Kind: kind, Subject: subject, Details: onboarding.Details{Licence: "LF-0417", Jurisdictions: []string{jurisdiction}}}
	if p != nil {
		in.Specialties, in.Languages = p.specialties, p.languages
	}
	if _, err := d.App.Onboarding.Seed(ctx, in, papers...); err != nil {
		return fmt.Errorf("vet a %s: %w", kind, err)
	}
	return nil
}

// hours lets visits be booked with a doctor.
func (d *Demo) hours(ctx context.Context, p *Person, jurisdiction string) error {
	h := consult.Hours{Name: p.Name, TimeZone: lands[jurisdiction].zone}
	for day := range 7 {
		h.Weekly = append(h.Weekly, consult.Span{Day: day, From: "08:00", Until: "12:00"}, consult.Span{Day: day, From: "13:00", Until: "20:00"})
	}
	_, err := d.App.Consult.SetHours(ctx, p.actor(seeding("hours", p.Address)), p.account, 0, h)
	return err
}

// openCounter opens a pharmacy, employs its people and fills its shelves.
func (d *Demo) openCounter(ctx context.Context, i int, jurisdiction string) error {
	c := counters[i]
	operator := d.person(DemoOperator)
	times := pharmacy.AllDay()
	if !c.allNight && !d.late {
		times = pharmacy.Timetable{}
		for day := range 7 {
			times.Hours = append(times.Hours, pharmacy.Opening{Day: day, From: "07:00", Until: "22:00"})
		}
	}
	profile := pharmacy.Profile{
		Name: c.name, Address: c.street + ", Lampford", Phone: fmt.Sprintf("+4410400%03d", i+1), At: c.at(), Zone: lampfordZone,
		TimeZone: lands[jurisdiction].zone, Currency: demoCurrency, Fulfilments: []string{pharmacy.ByCourier, pharmacy.ByPickup, pharmacy.ByParcel},
	}
	if _, err := d.App.Pharmacy.Create(ctx, operator.actor(seeding("pharmacy", c.name)), c.id(), profile, times); err != nil {
		return fmt.Errorf("open pharmacy %d: %w", i+1, err)
	}
	if err := d.vet(ctx, onboarding.Pharmacy, string(c.id()), nil, jurisdiction); err != nil {
		return err
	}
	for _, p := range d.People {
		if p.counter != i+1 {
			continue
		}
		if _, err := d.App.Pharmacy.Employ(ctx, operator.actor(seeding("employ", p.Address)), c.id(), p.account, p.Role); err != nil {
			return fmt.Errorf("employ at pharmacy %d: %w", i+1, err)
		}
	}
	return d.fillShelves(ctx, i)
}

// atATime is how many products one file of the seeding holds: several files at once share their writes.
const atATime = 60

func (d *Demo) fillShelves(ctx context.Context, i int) error {
	ph := counters[i].id()
	part := access.Part("demo", seeding("stock", string(ph)))
	there, err := d.App.Pharmacy.StockList(ctx, part, ph, "", 1)
	if err != nil || len(there.Items) > 0 {
		return err
	}
	var tasks []func() error
	for some := range slices.Chunk(d.App.Formulary.Products, atATime) {
		tasks = append(tasks, func() error {
			_, err := d.App.Pharmacy.Import(ctx, part, ph, strings.NewReader(shelves(some, i, d.clock.Now())))
			return err
		})
	}
	if err := atOnce(tasks...); err != nil {
		return fmt.Errorf("fill the shelves of pharmacy %d: %w", i+1, err)
	}
	return nil
}

// grant lets the daughter do everything for her mother.
func (d *Demo) grant(ctx context.Context) error {
	from, to := d.person(mother), d.person(daughter)
	held, _, err := d.App.Identity.GrantsHeld(ctx, to.actor(id.Request{}))
	if err != nil || len(held) > 0 {
		return err
	}
	g, err := d.App.Identity.GiveGrant(ctx, from.actor(seeding("grant")), identity.Give{
		Patient: from.patient, Holder: to.account, Label: "my daughter",
		Scopes: []access.Scope{access.See, access.Book, access.Attend, access.Pay, access.Receive},
	})
	if err != nil {
		return fmt.Errorf("give the daughter a grant: %w", err)
	}
	if g.State != identity.GrantInvited {
		return nil
	}
	_, err = d.App.Identity.AnswerGrant(ctx, to.actor(seeding("grant", "answer")), g.ID, identity.AcceptGrant)
	return err
}

// dependant adds the child of the father.
func (d *Demo) dependant(ctx context.Context) error {
	p := d.person(father)
	if there, err := d.App.Identity.Dependants(ctx, p.actor(id.Request{})); err != nil || len(there) > 0 {
		return err
	}
	born := d.clock.Now().AddDate(-4, -2, 0).Format(time.DateOnly)
	child, err := d.App.Identity.AddDependant(ctx, p.actor(seeding("child")), identity.Profile{Name: "Wren Ashdown", BirthDate: bornOn(born), Sex: "female", Language: "en"})
	if err != nil {
		return fmt.Errorf("add the child: %w", err)
	}
	_, err = d.App.Intake.AddFact(ctx, p.actor(seeding("child", "weight")), child.ID, intake.Fact{Kind: intake.KindWeight, Value: "16.5"})
	return err
}

// allergy has the one patient's penicillin allergy on record.
func (d *Demo) allergy(ctx context.Context) error {
	p := d.person("hugo@lampford.example")
	record, err := d.App.Intake.Facts(ctx, p.actor(id.Request{}), p.patient)
	if err != nil || len(record.Live(intake.KindAllergy)) > 0 {
		return err
	}
	_, err = d.App.Intake.AddFact(ctx, p.actor(seeding("allergy")), p.patient, intake.Fact{Kind: intake.KindAllergy, Code: "penicillin", Reaction: "anaphylaxis"})
	return err
}

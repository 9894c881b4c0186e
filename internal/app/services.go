package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"

	"housecall/internal/access"
	"housecall/internal/audit"
	"housecall/internal/billing"
	"housecall/internal/blob"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/consult"
	"housecall/internal/delivery"
	"housecall/internal/docstore"
	"housecall/internal/forecast"
	"housecall/internal/gateway"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/intake"
	"housecall/internal/jurisdiction"
	"housecall/internal/notify"
	"housecall/internal/onboarding"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
	"housecall/internal/roads"
	"housecall/internal/support"
	"housecall/internal/upload"
	"housecall/policies"
)

// Services are the capabilities, connected.
type Services struct {
	Packs       *jurisdiction.Book
	Guard       *access.Guard
	Trail       *audit.Trail
	Audit       *audit.Service
	Identity    *identity.Service
	Onboarding  *onboarding.Service
	Intake      *intake.Service
	Consult     *consult.Service
	Upload      *upload.Service
	Formulary   *prescribing.Formulary
	Prescribing *prescribing.Service
	Pharmacy    *pharmacy.Service
	Order       *order.Service
	Delivery    *delivery.Service
	Forecast    *forecast.Service
	Billing     *billing.Service
	Support     *support.Service
	Notify      *notify.Service
}

// engines are what the services stand on.
type engines struct {
	store   docstore.Store
	bus     *bus.Bus
	files   blob.Store
	clock   clock.Clock // of the service; a demo's may run faster
	wall    clock.Clock // of the machine: codes, sessions
	log     *slog.Logger
	mailer  notify.Mailer
	texter  notify.Texter
	gateway billing.Gateway
	roads   *roads.Book // nil: travel times by distance
	secret  []byte
	node    string
	proxies []netip.Prefix // in front

	carriers []byte // what carriers sign their reports with; nil: their word is typed in
}

// house is housecall itself, where it reads for one capability what another knows.
var house = access.Part("app", id.Request{})

// consentVersion is the version of the consent text that patients agree to.
const consentVersion = "2026-11"

// build makes every service. The order is that of the chain; what a service needs of a later one, it
// asks when it is called.
func build(ctx context.Context, c config.Config, o Options, e engines) (*Services, error) {
	s := &Services{}
	if err := s.buildAccess(ctx, c, o, e); err != nil {
		return nil, err
	}
	steps := []func(context.Context, config.Config, engines) error{
		s.buildPeople, s.buildCare, s.buildMedicine, s.buildMoney,
	}
	for _, step := range steps {
		if err := step(ctx, c, e); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// houseRules is the policy, read once: every question of it is asked of Casbin then.
var houseRules = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

func (s *Services) buildAccess(ctx context.Context, c config.Config, o Options, e engines) error {
	rules, err := houseRules()
	if err != nil {
		return fmt.Errorf("load the policy: %w", err)
	}
	if s.Packs, err = jurisdiction.Open(); err != nil {
		return fmt.Errorf("load the rules of the places: %w", err)
	}
	circle, err := identity.NewCircle(ctx, e.store, e.wall)
	if err != nil {
		return err
	}
	s.Trail, err = audit.NewTrail(ctx, audit.Deps{Store: e.store, Clock: e.clock, Log: e.log, Key: config.Key(e.secret, "audit"), Node: e.node})
	if err != nil {
		return err
	}
	s.Guard = access.NewGuard(rules, circle, s.Trail)
	s.Audit = audit.New(audit.ReadDeps{Trail: s.Trail, Guard: s.Guard, Names: forAudit{s}})
	s.Notify, err = notify.New(ctx, notify.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Mailer: e.mailer, Texter: e.texter,
		Directory: forNotify{s}, Website: strings.TrimSuffix(c.PublicURL, "/"),
	})
	if err != nil {
		return err
	}
	cost := identity.FullCost()
	if o.Demo {
		cost = identity.LightCost()
	}
	s.Identity, err = identity.New(ctx, identity.Deps{
		Store: e.store, Clock: e.wall, Guard: s.Guard, Circle: circle, Sender: forIdentity{s.Notify},
		Broadcast: broadcast{e.bus}, Key: config.Key(e.secret, "identity"), Cost: cost, Limits: o.identityLimits(), AdminToken: o.adminToken,
		Website: strings.TrimSuffix(c.PublicURL, "/"),
	})
	if err != nil {
		return err
	}
	_, err = e.bus.Listen(forgetSubject, func(data []byte) { s.Identity.Heard(string(data)) })
	return err
}

func (s *Services) buildPeople(ctx context.Context, c config.Config, e engines) (err error) {
	if s.Upload, err = upload.New(ctx, upload.Deps{Store: e.store, Clock: e.clock, Guard: s.Guard, Files: attachments{e.files}}); err != nil {
		return err
	}
	s.Onboarding, err = onboarding.New(ctx, onboarding.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Uploads: forUpload{s, upload.Paper},
	})
	if err != nil {
		return err
	}
	outside := intake.Place{Jurisdiction: c.Jurisdiction, EmergencyNumber: c.Emergency, Currency: c.Currency, TimeZone: "UTC"}
	s.Intake, err = intake.New(ctx, intake.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Places: forIntake{s}, Rules: rulesOfPlace{s.Packs},
		People: forIntake{s}, Files: attachments{e.files}, Care: forIntake{s}, Consent: consentVersion, Outside: outside,
	})
	return err
}

func (s *Services) buildCare(ctx context.Context, c config.Config, e engines) error {
	codes, err := consult.DemoCodes()
	if err != nil {
		return err
	}
	s.Consult, err = consult.New(ctx, consult.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Intakes: forConsult{s}, Vetting: forConsult{s},
		Fees: consult.Schedule{Otherwise: c.Visit.Fee, NoShow: c.Visit.NoShowFee}, Rules: rulesOfPlace{s.Packs}, Guests: s.Identity, Codes: codes,
		Files: attachments{e.files}, Secret: ticketKey(e.secret),
	})
	if err != nil {
		return err
	}
	if s.Formulary, err = openFormulary(c); err != nil {
		return err
	}
	keys, err := prescribing.NewKeyBook(ctx, e.store, e.clock, config.Key(e.secret, "signing keys"))
	if err != nil {
		return err
	}
	if c.Keys.URL != "" {
		vault, err := gateway.NewVault(gateway.VaultConfig{URL: c.Keys.URL, Mount: c.Keys.Mount, TokenFile: c.Keys.TokenFile})
		if err != nil {
			return err
		}
		keys.Into(vault)
	}
	s.Prescribing, err = prescribing.New(ctx, prescribing.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Formulary: s.Formulary,
		Visits: forPrescribing{s, e.clock}, Health: forPrescribing{s, e.clock}, Factor: secondFactor{s.Identity}, Vetting: forPrescribing{s, e.clock},
		Fillers: forPrescribing{s, e.clock}, Signer: keys, Public: keys, Keeper: keys,
		Names: namesOnPaper{s, c.Clinic}, Website: c.PublicURL,
	})
	return err
}

func (s *Services) buildMedicine(ctx context.Context, _ config.Config, e engines) (err error) {
	s.Delivery, err = delivery.New(ctx, delivery.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Vetting: forDelivery{s}, Names: forDelivery{s},
		Secret: config.Key(e.secret, "hand-overs"), Tickets: talkTickets{ticketKey(e.secret)},
		Photos: forUpload{s, upload.Photo}, Roads: e.roads,
	})
	if err != nil {
		return err
	}
	s.Forecast, err = forecast.New(ctx, forecast.Deps{Store: e.store, Clock: e.clock, Guard: s.Guard, Couriers: forForecast{s}})
	if err != nil {
		return err
	}
	s.Pharmacy, err = pharmacy.New(ctx, pharmacy.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Vetting: forPharmacy{s}, Scripts: forPharmacy{s},
		Formulary: forPharmacy{s}, Zones: forPharmacy{s}, Estimates: forPharmacy{s}, Secret: config.Key(e.secret, "counter"),
	})
	return err
}

func (s *Services) buildMoney(ctx context.Context, c config.Config, e engines) (err error) {
	s.Billing, err = billing.New(ctx, billing.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Gateway: e.gateway, Parties: forBilling{s},
		Tips: forBilling{s}, Terms: billing.Terms{OfVisitFee: 1500, OfMedicine: 300},
		Issuers: issuers{s, c.Clinic, c.Tax.ID}, Taxes: billing.Taxes{Name: c.Tax.Name, Fees: c.Tax.Fees, Medicine: c.Tax.Medicine},
	})
	if err != nil {
		return err
	}
	s.Order, err = order.New(ctx, order.Deps{
		Store: e.store, Clock: e.clock, Guard: s.Guard, Scripts: forOrder{s}, Quotes: forOrder{s}, Zones: forOrder{s}, Slots: forOrder{s},
		Coupons: s.Billing,
	})
	if err != nil {
		return err
	}
	s.Support, err = support.New(ctx, support.Deps{Store: e.store, Clock: e.clock, Guard: s.Guard, Subjects: forSupport{s}, Evidence: evidence(s)})
	return err
}

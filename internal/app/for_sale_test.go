package app

import (
	"testing"

	"housecall/internal/jurisdiction"
	"housecall/internal/order"
	"housecall/internal/prescribing"
)

func TestWhatMayBeSoldAndSentGoesByTheRulesOfThePlace(t *testing.T) {
	t.Parallel()
	formulary, err := prescribing.House()
	if err != nil {
		t.Fatal(err)
	}
	packs, err := jurisdiction.Open()
	if err != nil {
		t.Fatal(err)
	}
	f := forOrder{&Services{Formulary: formulary, Packs: packs}}
	const (
		tablets = "paracetamol/tablet/500mg"
		insulin = "insulin-glargine/prefilled-pen/100iu-per-ml"
		epi     = "epinephrine-auto-injector/auto-injector/0.3mg"
		decon   = "pseudoephedrine/tablet/60mg"
	)
	for _, c := range []struct {
		name, place, product string
		way                  order.Fulfilment
		quantity             int
		known, warned        bool
		rule                 string
	}{
		{"tablets by courier under the house's rules", "house", tablets, order.Courier, 20, false, false, ""},
		{"cold goods by courier under the house's rules", "house", insulin, order.Courier, 1, false, false, ""},
		{"tablets by courier in China to a stranger", "cn", tablets, order.Courier, 20, false, true, "CN-S06"},
		{"tablets by courier in China without the warning", "cn", tablets, order.Courier, 20, true, false, "CN-S08"},
		{"tablets by courier in China", "cn", tablets, order.Courier, 20, true, true, ""},
		{"insulin by courier in China, where the cold chain is logged", "cn", insulin, order.Courier, 1, true, true, "CN-S10"},
		{"insulin at the counter in China", "cn", insulin, order.Pickup, 1, true, true, ""},
		{"an injection in China that is not for diabetes", "cn", epi, order.Pickup, 1, true, true, "CN-S02"},
		{"a precursor in China", "cn", decon, order.Pickup, 10, true, true, "CN-S01"},
		{"a precursor by courier in America, few and known", "us", decon, order.Courier, 30, true, false, ""},
		{"a precursor by courier in America, more than 7.5 g", "us", decon, order.Courier, 150, true, false, "US-D09"},
		{"a precursor by courier in America to a stranger", "us", decon, order.Courier, 30, false, false, "US-D09"},
		{"tablets by courier in the Union", "eu", tablets, order.Courier, 20, false, false, "EU-P05"},
		{"tablets by parcel in the Union", "eu", tablets, order.Parcel, 20, false, false, "EU-P05"},
		{"tablets at the counter in the Union", "eu", tablets, order.Pickup, 20, false, false, ""},
		{"tablets by parcel in Germany", "de", tablets, order.Parcel, 20, false, false, ""},
		{"a place without rules", "xx", tablets, order.Pickup, 20, true, true, "HOUSE-J01"},
	} {
		p := f.product(c.product)
		if p == nil {
			t.Fatalf("%s: %s is not in the formulary", c.name, c.product)
		}

		d, found := f.forbids(c.place, "2026-11-22", sale{warned: c.warned}.facts(c.way, c.known, p, f.gramsOf([]prescribing.Line{{Product: c.product, Quantity: c.quantity}})))

		if d.Rule != c.rule || found != (c.rule != "") {
			t.Errorf("%s: decided by %q (missing %v), want %q", c.name, d.Rule, d.Missing, c.rule)
		}
	}
}

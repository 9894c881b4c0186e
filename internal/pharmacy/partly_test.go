package pharmacy_test

import (
	"testing"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/pharmacy"
)

// twoLines is a fill in review with 15 capsules and 10 tablets of another kind.
func (w *town) twoLines(state pharmacy.State) *pharmacy.Fill {
	w.t.Helper()
	w.receive(w.oak, ibuprofen, "I1", "2027-03-31", 50)
	r := w.reservation("ord_1", pharmacy.ByCourier)
	r.Lines = append(r.Lines, pharmacy.Line{Product: ibuprofen, Quantity: 10})
	must(w.t, w.Service.Reserve(w.t.Context(), journey("two"), r))
	must(w.t, w.Offer(w.t.Context(), journey("offer two"), r.Fill))
	if state == pharmacy.Reviewing {
		_, err := w.Review(w.t.Context(), pharmacist(w.oak), r.Fill)
		must(w.t, err)
	}
	return w.fill(r.Fill)
}

func TestAPharmacistGivesLessAndTheRestOfTheStockIsFreeAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	f := w.twoLines(pharmacy.Reviewing)

	f, err := w.GiveLess(t.Context(), pharmacist(w.oak), f.ID, "out_of_stock", []pharmacy.Less{{Line: 0, Quantity: 10}, {Line: 1, Quantity: 0}})

	must(t, err)
	if l := f.Lines[0]; l.Quantity != 10 || l.Packs != 1 || l.Units != 10 || l.Short != 5 || l.Price.Minor != 1250 {
		t.Errorf("first line = %+v, want one pack of ten and five owed", l)
	}
	if l := f.Lines[1]; l.Units != 0 || l.Short != 10 || l.Price.Minor != 0 {
		t.Errorf("second line = %+v, want none given and ten owed", l)
	}
	if f.Price.Minor != 1250 || f.Partly == nil || f.Partly.By != pharmacist(w.oak).Account || f.Partly.Why != "out_of_stock" {
		t.Errorf("price %v, partly %+v", f.Price, f.Partly)
	}
	if a, i := w.free(w.oak, amoxicillin), w.free(w.oak, ibuprofen); a != 90 || i != 50 {
		t.Errorf("free = %d and %d, want 90 and 50", a, i)
	}
	if e := w.heard(string(f.ID), pharmacy.KindLessened); e.Data["price_minor"] != "1250" || e.Data["why"] != "out_of_stock" {
		t.Errorf("told %v", e.Data)
	}
}

func TestALineOfWhichNoneIsGivenIsNeitherPackedNorLabelled(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	f := w.twoLines(pharmacy.Reviewing)
	_, err := w.GiveLess(t.Context(), pharmacist(w.oak), f.ID, "damaged", []pharmacy.Less{{Line: 1, Quantity: 0}})
	must(t, err)
	_, err = w.Accept(t.Context(), pharmacist(w.oak), f.ID, pharmacy.Acceptance{})
	must(t, err)
	_, err = w.Pack(t.Context(), staff(w.oak), f.ID, bag())
	must(t, err)

	label, err := w.Label(t.Context(), staff(w.oak), f.ID)
	must(t, err)
	_, err = w.Ready(t.Context(), staff(w.oak), f.ID, sealed())

	must(t, err)
	if len(label.Lines) != 1 {
		t.Errorf("labels = %+v, want one", label.Lines)
	}
	must(t, w.Collected(t.Context(), journey("collected"), f.ID))
	if a, i := w.free(w.oak, amoxicillin), w.free(w.oak, ibuprofen); a != 80 || i != 50 {
		t.Errorf("free = %d and %d, want 80 and 50", a, i)
	}
}

func TestGivingLessIsRefused(t *testing.T) {
	t.Parallel()
	half := []pharmacy.Less{{Line: 0, Quantity: 10}}
	nothing := func(*town, *pharmacy.Fill) {}
	asked := func(w *town, f *pharmacy.Fill) {
		_, err := w.AskDoctor(w.t.Context(), pharmacist(w.oak), f.ID, "Is it so?")
		must(w.t, err)
	}
	packed := func(w *town, f *pharmacy.Fill) {
		_, err := w.Accept(w.t.Context(), pharmacist(w.oak), f.ID, pharmacy.Acceptance{})
		must(w.t, err)
		_, err = w.Pack(w.t.Context(), staff(w.oak), f.ID, bag())
		must(w.t, err)
	}
	for _, c := range []struct {
		name   string
		before func(*town, *pharmacy.Fill)
		who    func(*town) access.Actor
		why    string
		less   []pharmacy.Less
		kind   fault.Kind
		code   string
	}{
		{"as much as was prescribed", nothing, ofOak, "other", []pharmacy.Less{{Line: 0, Quantity: 15}}, fault.Invalid, ""},
		{"an opened pack", nothing, ofOak, "other", []pharmacy.Less{{Line: 0, Quantity: 7}}, fault.Invalid, ""},
		{"less than none", nothing, ofOak, "other", []pharmacy.Less{{Line: 0, Quantity: -10}}, fault.Invalid, ""},
		{"nothing at all", nothing, ofOak, "other", []pharmacy.Less{{Line: 0}, {Line: 1}}, fault.Invalid, "nothing-given"},
		{"no line", nothing, ofOak, "other", nil, fault.Invalid, ""},
		{"a line that is not there", nothing, ofOak, "other", []pharmacy.Less{{Line: 2}}, fault.Invalid, ""},
		{"without a reason", nothing, ofOak, "because", half, fault.Invalid, ""},
		{"by another pharmacy", nothing, func(w *town) access.Actor { return pharmacist(w.elm) }, "other", half, fault.NotFound, ""},
		{"by who is no pharmacist", nothing, func(w *town) access.Actor { return staff(w.oak) }, "other", half, fault.NotFound, ""},
		{"while the doctor is asked", asked, ofOak, "other", half, fault.Conflict, "question-open"},
		{"when the line is packed", packed, ofOak, "other", half, fault.Conflict, "packed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			f := w.twoLines(pharmacy.Reviewing)
			c.before(w, f)

			_, err := w.GiveLess(t.Context(), c.who(w), f.ID, c.why, c.less)

			wantFault(t, err, c.kind, c.code)
			if now := w.fill(f.ID); now.Partly != nil || now.Price != f.Price || w.free(w.oak, amoxicillin) != 80 {
				t.Errorf("something changed: %+v", now)
			}
		})
	}
}

func ofOak(w *town) access.Actor { return pharmacist(w.oak) }

func TestLessIsGivenOnlyOfWhatIsInHand(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	f := w.twoLines(pharmacy.Offered)

	_, err := w.GiveLess(t.Context(), ofOak(w), f.ID, "other", []pharmacy.Less{{Line: 0, Quantity: 10}})

	wantFault(t, err, fault.Conflict, "illegal-transition")
}

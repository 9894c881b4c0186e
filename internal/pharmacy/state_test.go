package pharmacy_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestLifeOfAFillIsTheOneDrawn(t *testing.T) {
	t.Parallel()
	got := pharmacy.Moves().Mermaid()

	if *update {
		if err := os.WriteFile("testdata/fill.mmd", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	want, err := os.ReadFile("testdata/fill.mmd")
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the drawing differs (-want +got):\n%s", diff)
	}
}

// moveTo brings a fresh fill into each state, by the ways people take.
var ways = map[pharmacy.State]func(w *town, order id.Order) id.Fill{
	pharmacy.Reserved:  func(w *town, o id.Order) id.Fill { return w.reserve(o, pharmacy.ByPickup) },
	pharmacy.Offered:   func(w *town, o id.Order) id.Fill { return w.offered(o, pharmacy.ByPickup) },
	pharmacy.Reviewing: func(w *town, o id.Order) id.Fill { return w.reviewing(o, pharmacy.ByPickup) },
	pharmacy.Preparing: func(w *town, o id.Order) id.Fill { return w.preparing(o, pharmacy.ByPickup) },
	pharmacy.Ready:     func(w *town, o id.Order) id.Fill { return w.ready(o, pharmacy.ByPickup) },
	pharmacy.Collected: func(w *town, o id.Order) id.Fill {
		fill := w.ready(o, pharmacy.ByPickup)
		must(w.t, w.Collected(w.t.Context(), journey("c"+string(o)), fill))
		return fill
	},
	pharmacy.Released: func(w *town, o id.Order) id.Fill {
		fill := w.reserve(o, pharmacy.ByPickup)
		must(w.t, w.Release(w.t.Context(), journey("r"+string(o)), fill, "unpaid"))
		return fill
	},
	pharmacy.Refused: func(w *town, o id.Order) id.Fill {
		fill := w.offered(o, pharmacy.ByPickup)
		_, err := w.Refuse(w.t.Context(), pharmacist(w.oak), fill, "overload", "")
		must(w.t, err)
		return fill
	},
	pharmacy.Expired: func(w *town, o id.Order) id.Fill {
		fill := w.offered(o, pharmacy.ByPickup)
		w.clock.Advance(w.world.terms.Review)
		w.fire(fill)
		return fill
	},
	pharmacy.Returned: func(w *town, o id.Order) id.Fill {
		fill := w.ready(o, pharmacy.ByPickup)
		must(w.t, w.Collected(w.t.Context(), journey("c"+string(o)), fill))
		must(w.t, w.Returned(w.t.Context(), journey("b"+string(o)), fill, pharmacy.Destroy))
		return fill
	},
}

// steps are what people and journeys can try, with the states in which PRODUCT.md lets them.
var steps = []struct {
	name  string
	legal []pharmacy.State
	try   func(w *town, fill id.Fill) error
}{
	{"offer", []pharmacy.State{pharmacy.Reserved}, func(w *town, f id.Fill) error { return w.Offer(w.t.Context(), journey("try"), f) }},
	{"review", []pharmacy.State{pharmacy.Offered, pharmacy.Reviewing}, func(w *town, f id.Fill) error {
		_, err := w.Review(w.t.Context(), pharmacist(w.oak), f)
		return err
	}},
	{"accept", []pharmacy.State{pharmacy.Reviewing}, func(w *town, f id.Fill) error {
		_, err := w.Accept(w.t.Context(), pharmacist(w.oak), f, pharmacy.Acceptance{})
		return err
	}},
	{"refuse", []pharmacy.State{pharmacy.Offered, pharmacy.Reviewing, pharmacy.Preparing, pharmacy.Ready}, func(w *town, f id.Fill) error {
		_, err := w.Refuse(w.t.Context(), pharmacist(w.oak), f, "damaged", "")
		return err
	}},
	{"ask", []pharmacy.State{pharmacy.Reviewing, pharmacy.Preparing}, func(w *town, f id.Fill) error {
		_, err := w.AskDoctor(w.t.Context(), pharmacist(w.oak), f, "Is the dose right?")
		return err
	}},
	{"pack", []pharmacy.State{pharmacy.Preparing}, func(w *town, f id.Fill) error {
		_, err := w.Pack(w.t.Context(), staff(w.oak), f, bag())
		return err
	}},
	{"ready", nil, func(w *town, f id.Fill) error { // from preparing once packed, which other stories tell
		_, err := w.Ready(w.t.Context(), staff(w.oak), f, sealed())
		return err
	}},
	{"collected", []pharmacy.State{pharmacy.Ready, pharmacy.Collected}, func(w *town, f id.Fill) error {
		return w.Collected(w.t.Context(), journey("try"), f)
	}},
	{"release", []pharmacy.State{
		pharmacy.Reserved, pharmacy.Offered, pharmacy.Reviewing, pharmacy.Preparing, pharmacy.Ready,
		pharmacy.Released, pharmacy.Refused, pharmacy.Expired,
	}, func(w *town, f id.Fill) error {
		return w.Release(w.t.Context(), journey("try"), f, "cancelled")
	}},
	{"returned", []pharmacy.State{pharmacy.Collected, pharmacy.Returned}, func(w *town, f id.Fill) error {
		return w.Returned(w.t.Context(), journey("try"), f, "")
	}},
}

func TestAnIllegalTransitionIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for state, into := range ways {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.receive(w.oak, amoxicillin, "A1", "2027-03-31", 1000)
			for i, step := range steps {
				fill := into(w, id.Order("ord_"+string(rune('a'+i))))
				before := w.fill(fill)
				if before.State != state {
					t.Fatalf("state = %s, want %s", before.State, state)
				}

				err := step.try(w, fill)

				legal := false
				for _, s := range step.legal {
					legal = legal || s == state
				}
				after := w.fill(fill)
				switch {
				case legal && err != nil:
					t.Errorf("%s in %s: %v", step.name, state, err)
				case !legal && err == nil:
					t.Errorf("%s in %s was done", step.name, state)
				case !legal && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid):
					t.Errorf("%s in %s: err = %v, want a refusal", step.name, state, err)
				case !legal && after.Version != before.Version:
					t.Errorf("%s in %s was refused and changed something", step.name, state)
				}
			}
		})
	}
}

func TestEveryTransitionRecordsWhoWhenAndWhy(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)

	_, err := w.Refuse(t.Context(), pharmacist(w.oak), fill, "unclear", "smudged")

	must(t, err)
	history := w.fill(fill).History
	last := history[len(history)-1]
	if last.By != string(pharmacist(w.oak).Account) || !last.At.Equal(monday) || last.Why != "unclear" || last.From != pharmacy.Reviewing {
		t.Errorf("last step = %+v", last)
	}
}

func TestAPharmacyDoesNotSeeAFillBeforeItIsOffered(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reserve("ord_1", pharmacy.ByCourier)

	_, err := w.Fill(t.Context(), pharmacist(w.oak), fill)

	wantFault(t, err, fault.NotFound, "")
	list, err := w.WorkList(t.Context(), pharmacist(w.oak), w.oak.ID, "", "", 10)
	must(t, err)
	if len(list.Items) != 0 {
		t.Errorf("the work list shows %d, want nothing", len(list.Items))
	}
	for _, topic := range w.heard(string(fill), pharmacy.KindReserved).To {
		if topic == string(w.oak.ID) {
			t.Error("the pharmacy was told of a reservation")
		}
	}
}

func TestPharmacistCannotDispenseForAnotherPharmacy(t *testing.T) {
	t.Parallel()
	other := func(w *town) access.Actor { return pharmacist(w.elm) }
	for _, c := range []struct {
		name  string
		state pharmacy.State
		try   func(w *town, a access.Actor, f id.Fill) error
	}{
		{"read", pharmacy.Offered, func(w *town, a access.Actor, f id.Fill) error { _, err := w.Fill(w.t.Context(), a, f); return err }},
		{"sheet", pharmacy.Reviewing, func(w *town, a access.Actor, f id.Fill) error { _, err := w.Sheet(w.t.Context(), a, f); return err }},
		{"review", pharmacy.Offered, func(w *town, a access.Actor, f id.Fill) error { _, err := w.Review(w.t.Context(), a, f); return err }},
		{"accept", pharmacy.Reviewing, func(w *town, a access.Actor, f id.Fill) error {
			_, err := w.Accept(w.t.Context(), a, f, pharmacy.Acceptance{})
			return err
		}},
		{"refuse", pharmacy.Reviewing, func(w *town, a access.Actor, f id.Fill) error {
			_, err := w.Refuse(w.t.Context(), a, f, "other", "")
			return err
		}},
		{"pack", pharmacy.Preparing, func(w *town, a access.Actor, f id.Fill) error {
			_, err := w.Pack(w.t.Context(), a, f, bag())
			return err
		}},
		{"ready", pharmacy.Preparing, func(w *town, a access.Actor, f id.Fill) error {
			_, err := w.Ready(w.t.Context(), a, f, sealed())
			return err
		}},
		{"counter", pharmacy.Ready, func(w *town, a access.Actor, f id.Fill) error {
			_, err := w.HandOverAtCounter(w.t.Context(), a, f, "000000")
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			fill := ways[c.state](w, "ord_1")
			before := w.fill(fill).Version

			err := c.try(w, other(w), fill)

			wantFault(t, err, fault.NotFound, "")
			if w.fill(fill).Version != before {
				t.Error("a refused request changed the fill")
			}
			if len(w.trail.denied) == 0 {
				t.Error("the audit does not have it as denied")
			}
		})
	}
}

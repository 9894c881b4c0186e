package pharmacy

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/estimate"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Packed is what went into the bag for a line: the product and batch scanned and the expiry read
// from the pack.
type Packed struct {
	Line    int        `json:"line" minimum:"0"`
	Product string     `json:"product"`
	Batch   string     `json:"batch" minLength:"1" maxLength:"40"`
	Expiry  string     `json:"expiry" doc:"2027-03-31"`
	Units   int        `json:"units" minimum:"1"`
	By      id.Account `json:"by,omitempty"`
}

func (f *Fill) packedOf(line int) []Packed {
	var out []Packed
	for _, p := range f.Packed {
		if p.Line == line {
			out = append(out, p)
		}
	}
	return out
}

// Pack notes what went into the bag, in place of what was noted for the same lines. The wrong
// product ("wrong-product") and an expired batch ("batch-expired") are hard stops; so are a batch
// that is not in stock and a wrong count. From then on a recall of the batch finds the fill.
func (s *Service) Pack(ctx context.Context, a access.Actor, fill id.Fill, packed []Packed) (*Fill, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "fill.pack", f.facts()); err != nil {
		return nil, err
	}
	if known, err := f.Knows(a.Request); known || err != nil {
		return f, err
	}
	if err := f.packing(packed); err != nil {
		return nil, err
	}
	f.put(a, packed)
	if err := s.allot(ctx, f); err != nil {
		return nil, err
	}
	if err := s.trace(ctx, f); err != nil {
		return nil, err
	}
	return s.step(ctx, a, fill, "fill.pack", func(f *Fill, _ time.Time) error {
		if err := f.packing(packed); err != nil {
			return err
		}
		f.put(a, packed)
		return nil
	})
}

// packing refuses what must not go into the bag.
func (f *Fill) packing(packed []Packed) error {
	if f.State != Preparing {
		_, err := moves.Next(f.State, prepare)
		if err == nil {
			err = fault.New(fault.Conflict, "Nothing can be packed now.")
		}
		return err
	}
	if err := f.unasked(); err != nil {
		return err
	}
	units := map[int]int{}
	for i, p := range packed {
		at := fmt.Sprintf("/packed/%d", i)
		if p.Line < 0 || p.Line >= len(f.Lines) {
			return fault.InvalidField(at+"/line", "There is no such line.")
		}
		if p.Product != f.Lines[p.Line].Product {
			return fault.New(fault.Conflict, "Stop: this is not the product of this line. Put it back and take the right one.").
				Coded("wrong-product").With(at+"/product", "Not the product of the line.")
		}
		if p.Units <= 0 {
			return fault.InvalidField(at+"/units", "A count is 1 or more.")
		}
		units[p.Line] += p.Units
	}
	if len(units) == 0 {
		return fault.InvalidField("/packed", "Say what went into the bag.")
	}
	for line, n := range units {
		if n != f.Lines[line].Units {
			return fault.InvalidField(fmt.Sprintf("/packed/%d", line), fmt.Sprintf("This line takes %d units, in whole packs.", f.Lines[line].Units))
		}
	}
	return nil
}

// put notes the lines in place of what was noted for them.
func (f *Fill) put(a access.Actor, packed []Packed) {
	f.Packed = slices.DeleteFunc(f.Packed, func(old Packed) bool {
		return slices.ContainsFunc(packed, func(p Packed) bool { return p.Line == old.Line })
	})
	for _, p := range packed {
		p.By = a.Account
		f.Packed = append(f.Packed, p)
	}
}

// allot has each stock document know from which batches the fill is packed.
func (s *Service) allot(ctx context.Context, f *Fill) error {
	day, err := s.dayAt(ctx, f.Pharmacy)
	if err != nil {
		return err
	}
	for product, from := range f.batches() {
		_, err := s.stock.Update(ctx, string(StockOf(f.Pharmacy, product)), docstore.On{}, func(st *Stock) error {
			return st.allot(f.ID, from, day)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// batches is what the bag holds of each product, each batch once.
func (f *Fill) batches() map[string][]Batch {
	out := map[string][]Batch{}
	for _, p := range f.Packed {
		of := out[p.Product]
		i := slices.IndexFunc(of, func(b Batch) bool { return b.Batch == p.Batch && b.Expiry == p.Expiry })
		if i < 0 {
			out[p.Product] = append(of, Batch{p.Batch, p.Expiry, p.Units})
			continue
		}
		of[i].Units += p.Units
	}
	return out
}

// Sealing is what is ticked before the bag is closed.
type Sealing struct {
	Seal     string
	Labelled bool // each pack carries its label
}

var sealNumber = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{3,23}$`)

// Ready closes the bag: every line packed and labelled, no batch expired since, sealed with a
// number. It announces fill.ready.
func (s *Service) Ready(ctx context.Context, a access.Actor, fill id.Fill, c Sealing) (*Fill, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "fill.ready", f.facts()); err != nil {
		return nil, err
	}
	if f.State == Preparing {
		if err := f.complete(c); err != nil {
			return nil, err
		}
		// Once more: the day may have changed, and two people may have packed at once.
		if err := s.allot(ctx, f); err != nil {
			return nil, err
		}
	}
	return s.step(ctx, a, fill, "fill.ready", func(f *Fill, now time.Time) error {
		if err := f.apply(now, a, prepare, ""); err != nil {
			return err
		}
		if err := f.complete(c); err != nil {
			return err
		}
		f.Seal = c.Seal
		f.ClearTimer(TimerPackOverdue)
		// Without the seal: whoever confirms it at the door must read it off the bag.
		f.tell(KindReady, a, map[string]string{
			"took_s": estimate.Seconds(f.Reviewed + f.spent(now)), "review_s": estimate.Seconds(f.Reviewed), "queue": strconv.Itoa(f.Queue),
		})
		return nil
	})
}

// complete goes through the check list.
func (f *Fill) complete(c Sealing) error {
	if err := f.unasked(); err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "The bag is not complete yet.").Coded("bag-incomplete")
	for line := range f.Lines {
		packed := f.packedOf(line)
		if f.Lines[line].Units == 0 { // none of it is given
			continue
		}
		if len(packed) == 0 || packed[0].Product != f.Lines[line].Product {
			bad = bad.With(fmt.Sprintf("/packed/%d", line), "This line is not packed.")
		}
	}
	if !c.Labelled {
		bad = bad.With("/labelled", "Put a label on each pack.")
	}
	if !sealNumber.MatchString(c.Seal) {
		bad = bad.With("/seal", "Type the number of the seal: 4 to 24 capital letters, digits or dashes.")
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// Label is what is printed for the packs of a fill.
type Label struct {
	Fill        id.Fill
	Pharmacy    string
	Address     string
	Phone       string
	PatientName phi.Text
	BornOn      phi.Text
	Lines       []LabelLine
	At          time.Time
}

// LabelLine is the label of one medicine.
type LabelLine struct {
	Product  string // as a person reads it
	Code     string // as the formulary codes it
	Units    int
	Dosage   phi.Text
	DosageZH phi.Text
	Batches  []string
}

// Label answers what goes on the packs of an accepted fill.
func (s *Service) Label(ctx context.Context, a access.Actor, fill id.Fill) (*Label, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "fill.label", f.facts()); err != nil {
		return nil, err
	}
	if f.State != Preparing && f.State != Ready {
		return nil, fault.New(fault.Conflict, "Labels are printed for an order that is being prepared.").Coded("illegal-transition")
	}
	ph, err := s.pharmacies.Get(ctx, string(f.Pharmacy))
	if err != nil {
		return nil, err
	}
	script, err := s.Scripts.Script(ctx, a, f.Part)
	if err != nil {
		return nil, fmt.Errorf("read script of %s: %w", fill, err)
	}
	written := map[string]ScriptLine{}
	for _, l := range script.Lines {
		written[l.Product] = l
	}
	out := &Label{
		Fill: f.ID, Pharmacy: ph.Name, Address: ph.Address, Phone: ph.Phone,
		PatientName: script.PatientName, BornOn: script.BornOn, At: s.Clock.Now(),
	}
	for i, l := range f.Lines {
		if l.Units == 0 {
			continue
		}
		name, err := s.Formulary.Label(ctx, l.Product)
		if err != nil {
			return nil, fmt.Errorf("name a product of %s: %w", fill, err)
		}
		seen := map[string]bool{}
		for _, p := range f.packedOf(i) {
			seen[p.Batch] = true
		}
		of := written[l.prescribed()]
		out.Lines = append(out.Lines, LabelLine{name, l.Product, l.Units, of.Dosage, of.DosageZH, slices.Sorted(maps.Keys(seen))})
	}
	return out, nil
}

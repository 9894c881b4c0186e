package pharmacy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Partly says that less is given than was prescribed, who decided it and why.
type Partly struct {
	Why string     `json:"why" enum:"out_of_stock,damaged,short_dated,patient_wish,other"`
	By  id.Account `json:"by"`
	At  time.Time  `json:"at"`
}

// PartlyReasons are the codes with which a pharmacist gives less.
var PartlyReasons = []string{"out_of_stock", "damaged", "short_dated", "patient_wish", "other"}

// Less says how much of a line is given: whole packs, or none at all.
type Less struct {
	Line     int
	Quantity int
}

// GiveLess has a pharmacist give less than prescribed: price and hold go down at once. When the bag has
// reached the patient the part ends, and what is still owed becomes a part of its own, which any pharmacy
// can fill; this fill is never split. It announces fill.lessened with the price that now holds.
func (s *Service) GiveLess(ctx context.Context, a access.Actor, fill id.Fill, why string, less []Less) (*Fill, error) {
	f, err := s.step(ctx, a, fill, "fill.lessen", func(f *Fill, now time.Time) error {
		if !slices.Contains(PartlyReasons, why) {
			return fault.InvalidField("/why", "Say why: "+strings.Join(PartlyReasons, ", ")+".")
		}
		if err := f.lessen(less); err != nil {
			return err
		}
		f.Price, f.Partly = f.total(), &Partly{why, a.Account, now}
		more := priced(f.Price)
		more["why"], more["lines"] = why, strconv.Itoa(len(less))
		f.tell(KindLessened, a, more)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, s.shrink(ctx, f)
}

func (f *Fill) lessen(less []Less) error {
	if f.State != Reviewing && f.State != Preparing {
		return fault.New(fault.Conflict, "Less can be given while the order is reviewed or prepared.").Coded("illegal-transition")
	}
	if err := f.unasked(); err != nil {
		return err
	}
	if len(less) == 0 {
		return fault.InvalidField("/lines", "Say of which line less is given.")
	}
	for i, l := range less {
		at := fmt.Sprintf("/lines/%d", i)
		if l.Line < 0 || l.Line >= len(f.Lines) {
			return fault.InvalidField(at+"/line", "There is no such line.")
		}
		if len(f.packedOf(l.Line)) > 0 {
			return fault.New(fault.Conflict, "This line is packed already. Take it out of the bag first.").Coded("packed")
		}
		item, err := f.Lines[l.Line].less(l.Quantity)
		if err != nil {
			return err.With(at+"/quantity", err.Message)
		}
		f.Lines[l.Line] = item
	}
	if !slices.ContainsFunc(f.Lines, func(i Item) bool { return i.Units > 0 }) {
		return fault.New(fault.Invalid, "Something must be given. Refuse the order instead.").Coded("nothing-given")
	}
	return nil
}

// less is the item with a smaller quantity, at the price of its pack.
func (i Item) less(quantity int) (Item, *fault.Error) {
	if quantity < 0 || quantity >= i.Quantity {
		return i, fault.New(fault.Invalid, fmt.Sprintf("Give less than %d, or accept the order as it is.", i.Quantity))
	}
	pack := i.Units / i.Packs
	if quantity%pack != 0 { // what is in an opened pack would be given and owed at once
		return i, fault.New(fault.Invalid, fmt.Sprintf("Give whole packs of %d.", pack))
	}
	one := i.Price.Minor / int64(i.Packs)
	i.Short += i.Quantity - quantity
	i.Quantity, i.Packs, i.Units = quantity, quantity/pack, quantity
	i.Price.Minor = one * int64(i.Packs)
	return i, nil
}

// shrink lets go of what is held beyond the lines. Done before, it changes nothing; what a crash leaves
// held is let go when the bag leaves or the fill ends.
func (s *Service) shrink(ctx context.Context, f *Fill) error {
	if !f.live() {
		return nil
	}
	for product, units := range f.needs() {
		if err := s.onShelf(ctx, f, product, docstore.On{}, func(st *Stock) { st.shrink(f.ID, units) }); err != nil {
			return err
		}
	}
	return nil
}

// shrink holds no more than so many units for a fill.
func (s *Stock) shrink(fill id.Fill, units int) {
	h, held := s.Held[fill]
	if !held || h.Units <= units {
		return
	}
	if units == 0 {
		delete(s.Held, fill)
		return
	}
	h.Units = units
	s.Held[fill] = h
}

// Given tells what of a part the fill hands over, in the order of the part's lines; nil when it is all.
func (f *Fill) Given() []int {
	if f.Partly == nil {
		return nil
	}
	out := make([]int, 0, len(f.Lines))
	for _, l := range f.Lines {
		out = append(out, l.Quantity)
	}
	return out
}

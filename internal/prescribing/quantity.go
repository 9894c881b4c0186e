package prescribing

import (
	"fmt"
	"strings"

	"housecall/internal/safety"
)

// bottleLife is how long drops may be used once open.
const bottleLife = 28

// quantity computes what is handed over; at and why say what is wrong with what the doctor set.
func (p *Product) quantity(steps []step, w WrittenItem) (q Quantity, at, why string) {
	count, pack, bounded := p.count(steps)
	q = Quantity{Count: count, Calc: count}
	switch {
	case w.Supply < 0 || w.Supply > maxSupply || count > maxSupply:
		return q, "/supply", fmt.Sprintf("Between 1 and %d.", maxSupply)
	case w.Supply == 0 && !bounded:
		return q, "/supply", "Nothing says how long this is taken. Set how many are handed over."
	case w.Supply > count && bounded && w.SupplyReason == "":
		return q, "/supply", "This is more than the dosage needs. Lower it, or write the reason."
	case w.Supply > 0:
		q.Count = w.Supply
	}
	if q.Calc == q.Count || !bounded {
		q.Calc = 0
	}
	q.Unit, q.Text = p.supplyUnit(q.Count, pack)
	return q, "", ""
}

const maxSupply = 2000

// count is the number of the unit of supply and the pack it comes in; bounded is false when the
// dosage does not say how much is needed.
func (p *Product) count(steps []step) (n int, pack Pack, bounded bool) {
	total, days, bounded := safety.Decimal{}, safety.Decimal{}, true
	reliever := true
	for _, s := range steps {
		reliever = reliever && s.AsNeeded != nil
		days = days.Plus(s.days)
		switch {
		case s.doses > 0:
			total = total.Plus(s.high)
		case s.days.IsZero():
			bounded = false
		default:
			total = total.Plus(p.perDose(s).Times(s.perDay).Times(s.days))
		}
	}
	if len(p.Packs) == 0 {
		if !p.PieceML.IsZero() {
			total, _ = total.Over(p.PieceML)
		}
		return total.Up(), Pack{}, bounded
	}
	if p.form.basis == byPuff && reliever {
		return 1, p.Packs[0], true
	}
	if size := p.form.size; !size.IsZero() {
		total = total.Times(size)
	}
	n, pack = p.packs(total, days)
	return max(n, p.lives(days)) * p.sides(steps), pack, bounded
}

// perDose is one dose in units; a pen is primed with two units before each injection.
func (p *Product) perDose(s step) safety.Decimal {
	if p.form.basis == byUnit {
		return s.high.Plus(safety.Whole(2))
	}
	return s.high
}

// packs chooses the smallest pack that holds all, else so many of the largest. A mixed suspension
// that goes off before the course ends comes in bottles that are mixed one after the other.
func (p *Product) packs(total, days safety.Decimal) (int, Pack) {
	pack := p.Packs[len(p.Packs)-1]
	for _, one := range p.Packs {
		if !total.More(one.Size) {
			pack = one
			break
		}
	}
	life := safety.Whole(p.LifeDays)
	if p.LifeDays == 0 || p.form.basis != byVolume || !days.More(life) {
		n, _ := total.Over(pack.Size)
		return max(1, n.Up()), pack
	}
	daily, _ := total.Over(days)
	n := 0
	for left := days; left.Sign() > 0; left = left.Minus(life) {
		bottles, _ := daily.Times(left.Min(life)).Over(pack.Size)
		n += max(1, bottles.Up())
	}
	return n, pack
}

// lives is how many are needed because an open one is thrown away: drops and pens after 28 days.
func (p *Product) lives(days safety.Decimal) int {
	if p.form.basis != byDrop && p.form.basis != byUnit {
		return 1
	}
	n, _ := days.Over(safety.Whole(bottleLife))
	return max(1, n.Up())
}

// sides doubles what is used on two infected eyes or ears: one bottle for each side.
func (p *Product) sides(steps []step) int {
	infected := false
	for _, t := range p.Drug.Tags {
		infected = infected || t == "eye_antibiotic" || t == "ear_antibiotic"
	}
	if infected && strings.HasPrefix(steps[0].Site, "both-") {
		return 2
	}
	return 1
}

// supplyUnit names the unit of supply and says the quantity: "2 bottles of 100 mL".
func (p *Product) supplyUnit(n int, pack Pack) (string, Sentence) {
	f := p.form
	if pack.Unit == "" || f.container == "" {
		unit := f.many
		if n == 1 {
			unit = f.one
		}
		return f.one, Sentence{EN: fmt.Sprintf("%d %s", n, unit), ZH: fmt.Sprintf("%d%s", n, f.zh)}
	}
	of, ofZH := "", ""
	if pack.Unit == "mL" || pack.Unit == "g" {
		of = fmt.Sprintf(" of %s %s", pack.Size, pack.Unit)
		ofZH = fmt.Sprintf("（每%s%s%s）", f.containerZH, pack.Size, map[string]string{"mL": "毫升", "g": "克"}[pack.Unit])
	}
	name := f.containers
	if n == 1 {
		name = f.container
	}
	return f.container + of, Sentence{EN: fmt.Sprintf("%d %s%s", n, name, of), ZH: fmt.Sprintf("%d%s%s", n, f.containerZH, ofZH)}
}

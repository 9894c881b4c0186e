package intake

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Vital is one measured sign, as typed: decimal text with its unit.
type Vital struct {
	Kind  string     `json:"kind"`
	Value string     `json:"value"`
	Unit  string     `json:"unit"`
	At    *time.Time `json:"at,omitempty"` // when it was measured; nil: now
}

// unit says how a unit becomes the one the red flags are written in, in thousandths:
// canonical = (value - minus) * times / over.
type unit struct{ minus, times, over int64 }

type measure struct {
	units     map[string]unit
	low, high int64 // thousandths of the canonical unit; outside is a slip of the pen
}

var same = unit{0, 1, 1}

// measures lists the vital signs; the names in capitals are those of red_flags.csv.
var measures = map[string]measure{
	"T":       {map[string]unit{"Cel": same, "[degF]": {32000, 5, 9}}, 25000, 45000},
	"HR":      {map[string]unit{"/min": same}, 10000, 350000},
	"RR":      {map[string]unit{"/min": same}, 2000, 150000},
	"SpO2":    {map[string]unit{"%": same}, 30000, 100000},
	"SBP":     {map[string]unit{"mm[Hg]": same, "kPa": {0, 7501, 1000}}, 30000, 350000},
	"DBP":     {map[string]unit{"mm[Hg]": same, "kPa": {0, 7501, 1000}}, 10000, 250000},
	"PEF":     {map[string]unit{"%": same}, 1000, 200000}, // per cent of the person's best
	"ketones": {map[string]unit{"mmol/L": same}, 0, 30000},
	"glucose": {map[string]unit{"mmol/L": same, "mg/dL": {0, 1000, 18016}}, 500, 80000},
}

// Kinds of vital signs as the API names them.
var vitalNames = map[string]string{
	"temperature": "T", "heart_rate": "HR", "respiratory_rate": "RR", "oxygen_saturation": "SpO2",
	"systolic": "SBP", "diastolic": "DBP", "peak_flow_of_best": "PEF", "ketones": "ketones", "glucose": "glucose",
}

// canonical is the value in thousandths of the unit that the red flags use.
func (v Vital) canonical() (name string, milli int64, err error) {
	name, ok := vitalNames[v.Kind]
	if !ok {
		return "", 0, fmt.Errorf("this vital sign is not known")
	}
	m := measures[name]
	u, ok := m.units[v.Unit]
	if !ok {
		return "", 0, fmt.Errorf("this unit does not go with it")
	}
	milli, err = parseMilli(v.Value)
	if err != nil {
		return "", 0, err
	}
	milli = (milli - u.minus) * u.times / u.over
	if milli < m.low || milli > m.high {
		return "", 0, fmt.Errorf("this value can't be right; measure again")
	}
	return name, milli, nil
}

// parseMilli reads a decimal with up to three places as thousandths, without a float.
func parseMilli(text string) (int64, error) {
	whole, part, _ := strings.Cut(strings.TrimSpace(text), ".")
	if whole == "" || len(whole) > 6 || len(part) > 3 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, fmt.Errorf("write a number such as 38.5")
	}
	return strconv.ParseInt(whole+(part + "000")[:3], 10, 64)
}

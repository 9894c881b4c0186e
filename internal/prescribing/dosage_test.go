package prescribing_test

import (
	"sync"
	"testing"

	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// day is the day on which every test of this package happens.
var today = safety.MustDate("2026-11-22")

var loaded = sync.OnceValues(prescribing.House)

func house(tb testing.TB) *prescribing.Formulary {
	tb.Helper()
	f, err := loaded()
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func child(kg string) safety.Patient {
	w := safety.MustDecimal(kg)
	return safety.Patient{Born: safety.MustDate("2021-05-01"), Weight: &w, WeighedOn: today, AllergiesAsked: true, ConditionsAsked: true}
}

func adult() safety.Patient {
	return safety.Patient{Born: safety.MustDate("1980-05-01"), AllergiesAsked: true, ConditionsAsked: true}
}

func measure(value, unit string) prescribing.Measure {
	return prescribing.Measure{Value: value, Unit: unit}
}

func daily(n, days int, when ...string) prescribing.Timing {
	return prescribing.Timing{Frequency: n, Period: 1, PeriodUnit: "d", When: when, Duration: days, DurationUnit: "d"}
}

func every(hours int, when ...string) prescribing.Timing {
	return prescribing.Timing{Frequency: 1, Period: hours, PeriodUnit: "h", When: when, Duration: 3, DurationUnit: "d"}
}

func TestEveryWorkedExampleReadsAndCountsAsTheClinicalNotesSay(t *testing.T) {
	t.Parallel()
	f := house(t)

	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()

			it, err := f.Item(prescribing.WrittenItem{Product: e.product, Steps: e.steps, Supply: e.supply}, e.patient, today)
			if err != nil {
				t.Fatal(err)
			}
			if it.Sentence.EN != e.en {
				t.Errorf("English\n got %s\nwant %s", it.Sentence.EN, e.en)
			}
			if it.Sentence.ZH != e.zh {
				t.Errorf("Chinese\n got %s\nwant %s", it.Sentence.ZH, e.zh)
			}
			if it.Quantity.Text.EN != e.quantity {
				t.Errorf("quantity\n got %s\nwant %s", it.Quantity.Text.EN, e.quantity)
			}
		})
	}
}

type example struct {
	name, product    string
	patient          safety.Patient
	steps            []prescribing.Dosage
	supply           int
	en, zh, quantity string
}

func one(d prescribing.Dosage) []prescribing.Dosage { return []prescribing.Dosage{d} }

// The worked examples of the clinical notes.
var examples = append(examplesOfDoses, examplesOfSteps...)

var examplesOfDoses = []example{
	{
		name: "1 pain, as needed", product: "paracetamol/tablet/500mg", patient: adult(),
		steps: one(prescribing.Dosage{
			Dose: prescribing.Measure{Value: "1", High: "2", Unit: "tablet"}, Timing: every(6),
			AsNeeded: &prescribing.AsNeeded{For: "pain", Max: measure("4000", "mg")},
		}),
		en:       "Take 1 to 2 tablets (500 to 1000 mg) by mouth every 6 hours as needed for pain, at most 8 tablets (4000 mg) in 24 hours, for 3 days.",
		zh:       "口服，每次1至2片（500至1000毫克），疼痛时每6小时1次，24小时内最多8片（4000毫克），共3天。",
		quantity: "24 tablets",
	},
	{
		name: "2 fever of a child, by weight", product: "paracetamol/oral-suspension/120mg-per-5ml", patient: child("12"),
		steps: one(prescribing.Dosage{
			Dose: measure("15", "mg/kg/dose"), Timing: every(6),
			AsNeeded: &prescribing.AsNeeded{For: "fever", Max: measure("4", "doses")},
		}),
		en:       "Take 7.5 mL (180 mg) by mouth every 6 hours as needed for fever, at most 4 doses in 24 hours, for 3 days.",
		zh:       "口服，每次7.5毫升（180毫克），发热时每6小时1次，24小时内最多4次，共3天。",
		quantity: "1 bottle of 100 mL",
	},
	{
		name: "3 ear infection of a child", product: "amoxicillin/oral-suspension/400mg-per-5ml", patient: child("15"),
		steps:    one(prescribing.Dosage{Dose: measure("80", "mg/kg/day"), Timing: daily(2, 7), Instructions: []string{"shake", "finish-course"}}),
		en:       "Take 7.5 mL (600 mg) by mouth 2 times a day for 7 days. Shake the bottle. Finish the course.",
		zh:       "口服，每次7.5毫升（600毫克），每天2次，共7天。用前摇匀，请服完疗程。",
		quantity: "2 bottles of 100 mL",
	},
	{
		name: "4 fever of a child, with food", product: "ibuprofen/oral-suspension/100mg-per-5ml", patient: child("20"),
		steps: one(prescribing.Dosage{
			Dose: measure("10", "mg/kg/dose"), Timing: every(8, "with-food"),
			AsNeeded: &prescribing.AsNeeded{For: "fever", Max: measure("3", "doses")},
		}),
		en:       "Take 10 mL (200 mg) by mouth every 8 hours with food as needed for fever, at most 3 doses in 24 hours, for 3 days.",
		zh:       "口服，每次10毫升（200毫克），发热时每8小时1次，随餐，24小时内最多3次，共3天。",
		quantity: "1 bottle of 100 mL",
	},
	{
		name: "5 once a day", product: "amlodipine/tablet/5mg", patient: adult(),
		steps:    one(prescribing.Dosage{Dose: measure("1", "tablet"), Timing: daily(1, 28)}),
		en:       "Take 1 tablet (5 mg) by mouth once a day for 28 days.",
		zh:       "口服，每次1片（5毫克），每天1次，共28天。",
		quantity: "28 tablets",
	},
	{
		name: "6 twice a day with meals", product: "metformin/tablet/500mg", patient: adult(),
		steps:    one(prescribing.Dosage{Dose: measure("500", "mg"), Timing: daily(2, 30, "with-meals")}),
		en:       "Take 1 tablet (500 mg) by mouth 2 times a day with meals for 30 days.",
		zh:       "口服，每次1片（500毫克），每天2次，随餐，共30天。",
		quantity: "60 tablets",
	},
	{
		name: "7 azithromycin by weight", product: "azithromycin/oral-suspension/200mg-per-5ml", patient: child("22"),
		steps:    one(prescribing.Dosage{Dose: measure("10", "mg/kg/day"), Timing: daily(1, 3)}),
		en:       "Take 5.5 mL (220 mg) by mouth once a day for 3 days.",
		zh:       "口服，每次5.5毫升（220毫克），每天1次，共3天。",
		quantity: "1 bottle of 30 mL",
	},
	{
		name: "8 eight tablets in the morning", product: "prednisolone/tablet/5mg", patient: adult(),
		steps:    one(prescribing.Dosage{Dose: measure("40", "mg"), Timing: daily(1, 5, "morning")}),
		en:       "Take 8 tablets (40 mg) by mouth once a day in the morning for 5 days.",
		zh:       "口服，每次8片（40毫克），每天早晨1次，共5天。",
		quantity: "40 tablets",
	},
	{
		name: "10 inhaler", product: "budesonide-and-formoterol/inhaler/160+4.5mcg", patient: adult(),
		steps:    one(prescribing.Dosage{Dose: measure("2", "puffs"), Timing: daily(2, 30), Instructions: []string{"rinse-mouth"}}),
		en:       "Inhale 2 puffs 2 times a day for 30 days. Rinse your mouth after.",
		zh:       "吸入，每次2吸，每天2次，共30天。吸后漱口。",
		quantity: "1 inhaler",
	},
	{
		name: "11 cystitis", product: "nitrofurantoin/prolonged-release-capsule/100mg", patient: adult(),
		steps:    one(prescribing.Dosage{Dose: measure("100", "mg"), Timing: daily(2, 5, "with-food")}),
		en:       "Take 1 capsule (100 mg) by mouth 2 times a day with food for 5 days.",
		zh:       "口服，每次1粒（100毫克），每天2次，随餐，共5天。",
		quantity: "10 capsules",
	},
	{
		name: "12 child, 5 mL", product: "loratadine/oral-solution/5mg-per-5ml", patient: child("16"),
		steps:    one(prescribing.Dosage{Dose: measure("5", "mg"), Timing: daily(1, 14)}),
		en:       "Take 5 mL (5 mg) by mouth once a day for 14 days.",
		zh:       "口服，每次5毫升（5毫克），每天1次，共14天。",
		quantity: "1 bottle of 100 mL",
	},
}

var examplesOfSteps = []example{
	{
		name: "9 taper", product: "prednisolone/tablet/5mg", patient: adult(),
		steps: []prescribing.Dosage{
			{Sequence: 1, Dose: measure("30", "mg"), Timing: daily(1, 3)},
			{Sequence: 2, Dose: measure("20", "mg"), Timing: daily(1, 3)},
			{Sequence: 3, Dose: measure("10", "mg"), Timing: daily(1, 3)},
		},
		en:       "First take 6 tablets (30 mg) by mouth once a day for 3 days. Then 4 tablets (20 mg) once a day for 3 days. Then 2 tablets (10 mg) once a day for 3 days.",
		zh:       "先口服，每次6片（30毫克），每天1次，共3天；再每次4片（20毫克），每天1次，共3天；再每次2片（10毫克），每天1次，共3天。",
		quantity: "36 tablets",
	},
	{
		name: "13 weekly", product: "alendronic-acid/tablet/70mg", patient: adult(),
		steps: one(prescribing.Dosage{
			Dose: measure("70", "mg"), Instructions: []string{"stay-upright-30"},
			Timing: prescribing.Timing{Frequency: 1, Period: 1, PeriodUnit: "wk", DaysOfWeek: []string{"mon"}, Duration: 12, DurationUnit: "wk"},
		}),
		en:       "Take 1 tablet (70 mg) by mouth once a WEEK, on Monday, for 12 weeks. Stay upright for 30 minutes.",
		zh:       "口服，每次1片（70毫克），每周1次，星期一服用，共12周。服后保持直立30分钟。",
		quantity: "12 tablets",
	},
	{
		name: "14 eye drops in two steps", product: "chloramphenicol-eye-drops/eye-drops/0.5pct", patient: adult(),
		steps: []prescribing.Dosage{
			{Dose: measure("1", "drop"), Timing: daily(8, 2), Site: "right-eye"},
			{Dose: measure("1", "drop"), Timing: daily(4, 3), Site: "right-eye"},
		},
		en:       "Put 1 drop in the right eye 8 times a day for 2 days. Then 1 drop 4 times a day for 3 days.",
		zh:       "滴右眼，每次1滴，每天8次，共2天；再每次1滴，每天4次，共3天。",
		quantity: "1 bottle of 10 mL",
	},
	{
		name: "15 cream", product: "hydrocortisone-topical/cream/1pct", patient: adult(),
		steps:    one(prescribing.Dosage{Dose: measure("2", "fingertip lengths"), Timing: daily(2, 7), Site: "rash"}),
		en:       "Apply 2 fingertip lengths to the rash 2 times a day for 7 days.",
		zh:       "外涂，每次2个指尖单位，每天2次，共7天。",
		quantity: "1 tube of 15 g",
	},
	{
		name: "16 influenza", product: "oseltamivir/oral-suspension/6mg-per-ml", patient: child("18"),
		steps:    one(prescribing.Dosage{Dose: measure("45", "mg"), Timing: daily(2, 5)}),
		en:       "Take 7.5 mL (45 mg) by mouth 2 times a day for 5 days.",
		zh:       "口服，每次7.5毫升（45毫克），每天2次，共5天。",
		quantity: "2 bottles of 60 mL",
	},
	{
		name: "17 rehydration over hours", product: "oral-rehydration-salts/sachet/for-500ml", patient: child("10"),
		steps:    one(prescribing.Dosage{Dose: measure("75", "mL/kg"), Timing: prescribing.Timing{Count: 1, OverHours: 4}}),
		en:       "Drink 750 mL in small sips over 4 hours.",
		zh:       "小口饮用，4小时内共750毫升。",
		quantity: "2 sachets",
	},
	{
		name: "18 insulin", product: "insulin-glargine/prefilled-pen/100iu-per-ml", patient: adult(),
		steps:    one(prescribing.Dosage{Dose: measure("18", "units"), Timing: daily(1, 30, "night")}),
		en:       "Inject 18 units under the skin once a day at night for 30 days.",
		zh:       "皮下注射，每次18单位，每天睡前1次，共30天。",
		quantity: "2 pens",
	},
	{
		name: "19 migraine, once more after a pause", product: "sumatriptan/tablet/50mg", patient: adult(), supply: 6,
		steps: one(prescribing.Dosage{
			Dose:     measure("50", "mg"),
			AsNeeded: &prescribing.AsNeeded{For: "migraine", Max: measure("100", "mg"), RepeatAfterHours: 2},
		}),
		en:       "Take 1 tablet (50 mg) by mouth when a migraine begins. If it comes back, take 1 more after at least 2 hours. At most 2 tablets (100 mg) in 24 hours.",
		zh:       "偏头痛发作时口服1片（50毫克）。如复发，至少2小时后可再服1片。24小时内最多2片（100毫克）。",
		quantity: "6 tablets",
	},
	{
		name: "20 dissolved in a spoon of water", product: "zinc-sulfate/dispersible-tablet/20mg-elemental", patient: child("12"),
		steps:    one(prescribing.Dosage{Dose: measure("1", "tablet"), Timing: daily(1, 10)}),
		en:       "Dissolve 1 tablet (20 mg) in a spoon of water and take it by mouth once a day for 10 days.",
		zh:       "1片（20毫克）用一勺水化开口服，每天1次，共10天。",
		quantity: "10 tablets",
	},
}

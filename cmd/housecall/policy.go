package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"housecall/internal/clock"
	"housecall/internal/jurisdiction"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

func policyCommand() *cobra.Command {
	policy := &cobra.Command{Use: "policy", Short: "The rules of a place"}
	policy.AddCommand(policyExplainCommand())
	return policy
}

// asked is what somebody wants explained.
type asked struct {
	place, date, drug, route, form string
	at, yes, no, numbers, words    []string
}

func policyExplainCommand() *cobra.Command {
	var a asked
	c := &cobra.Command{
		Use:   "explain --jurisdiction cn --date 2026-11-22 [--drug codeine] [--is FACT] [--not FACT] [--number days=8] [--word city=Beijing]",
		Short: "Say in words what a place allows on a day, and why", Args: cobra.NoArgs,
		Example: "  housecall policy explain --jurisdiction cn --date 2026-11-22 --at prescribe --drug colchicine --is proof_uploaded --is doctor_ticked_revisit --number days=3\n" +
			"  housecall policy explain --jurisdiction eu --at deliver --word fulfilment=courier",
	}
	c.Flags().StringVar(&a.place, "jurisdiction", jurisdiction.House, "the place: house, cn, us, eu or de")
	c.Flags().StringVar(&a.date, "date", "", "the day, like 2026-11-22; today where none is named")
	c.Flags().StringVar(&a.drug, "drug", "", "the medicine, by its generic name")
	c.Flags().StringVar(&a.route, "route", "", "how it is taken: oral, skin, eye, subcutaneous ...")
	c.Flags().StringVar(&a.form, "form", "", "its form: tablet, prefilled pen ...")
	c.Flags().StringSliceVar(&a.at, "at", []string{jurisdiction.Consult, jurisdiction.Prescribe, jurisdiction.Dispense, jurisdiction.Deliver}, "when: intake, consult, prescribe, sign, dispense, deliver, retain, operate")
	c.Flags().StringSliceVar(&a.yes, "is", nil, "a fact that is so")
	c.Flags().StringSliceVar(&a.no, "not", nil, "a fact that is not so")
	c.Flags().StringSliceVar(&a.numbers, "number", nil, "a number, like days=8 or age_months=60")
	c.Flags().StringSliceVar(&a.words, "word", nil, "a word, like fulfilment=courier")
	c.RunE = func(c *cobra.Command, _ []string) error {
		said, err := a.explain()
		if err == nil {
			_, err = fmt.Fprint(c.OutOrStdout(), said)
		}
		return err
	}
	return c
}

func (a asked) explain() (string, error) {
	book, err := jurisdiction.Open()
	if err != nil {
		return "", err
	}
	if !book.Knows(a.place) {
		return "", fmt.Errorf("there are no rules of %q; there are: %s", a.place, strings.Join(book.Places(), ", "))
	}
	day := a.date
	if day == "" {
		day = book.Day(a.place, "", clock.NewReal().Now())
	}
	if _, err := safety.ParseDate(day); err != nil {
		return "", fmt.Errorf("%q is no day; write it like 2026-11-22", a.date)
	}
	facts, err := a.facts()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, stage := range a.at {
		if !jurisdiction.IsStage(stage) {
			return "", fmt.Errorf("%q is no stage; say intake, consult, prescribe, sign, dispense, deliver, retain or operate", stage)
		}
		out.WriteString(book.Explain(a.place, stage, day, facts))
	}
	return out.String(), nil
}

func (a asked) facts() (jurisdiction.Facts, error) {
	f := jurisdiction.Facts{Yes: map[string]bool{}, Numbers: map[string]float64{}, Words: map[string]string{}}
	for _, name := range a.yes {
		f.Yes[name] = true
	}
	for _, name := range a.no {
		f.Yes[name] = false
	}
	for _, pair := range a.numbers {
		name, value, _ := strings.Cut(pair, "=")
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return f, fmt.Errorf("%q is no number; write it like days=8", pair)
		}
		f.Numbers[name] = n
	}
	for _, pair := range a.words {
		name, value, _ := strings.Cut(pair, "=")
		f.Words[name] = value
	}
	if err := f.Check(); err != nil {
		yesNo, number, word := jurisdiction.Names()
		return f, fmt.Errorf("%w; there are the facts %s; the numbers %s; the words %s", err, strings.Join(yesNo, " "), strings.Join(number, " "), strings.Join(word, " "))
	}
	if a.drug == "" {
		return f, nil
	}
	formulary, err := prescribing.House()
	if err != nil {
		return f, err
	}
	drug := formulary.Rules.ByRoute(a.drug, a.route)
	if drug == nil {
		return f, fmt.Errorf("no list knows the medicine %q", a.drug)
	}
	f.Drug = prescribing.DrugOfPlace(drug, a.form, a.route)
	return f, nil
}

package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"housecall/internal/caselist"
	"housecall/internal/clock"
	"housecall/internal/jurisdiction"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

func rxCheckCommand() *cobra.Command {
	check := &cobra.Command{
		Use: "check --json", Short: "Check a pharmacist's cases: one, or an array, on standard input", Args: cobra.NoArgs,
		Long: "Reads one case or an array of cases as JSON on standard input and prints what a doctor would have been shown.\nThe answer's outcome is the severity of its worst finding.",
	}
	asJSON := check.Flags().Bool("json", false, "answer as JSON; the only form there is")
	formulary := check.Flags().String("formulary", "", "folder of an own formulary")
	check.RunE = func(c *cobra.Command, _ []string) error {
		if !*asJSON {
			return fmt.Errorf("say --json: cases are read and answered as JSON")
		}
		f, err := formularyIn(*formulary)
		if err != nil {
			return err
		}
		book, err := jurisdiction.Open()
		if err != nil {
			return err
		}
		return caselist.New(f, caselist.Packs{Book: book, Rules: f.Rules}, safety.DateOf(clock.NewReal().Now())).Run(c.InOrStdin(), c.OutOrStdout())
	}
	return check
}

func formularyIn(dir string) (*prescribing.Formulary, error) {
	if dir == "" {
		return prescribing.House()
	}
	return prescribing.LoadFormulary(os.DirFS(dir), nil)
}

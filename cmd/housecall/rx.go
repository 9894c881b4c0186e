package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"housecall/internal/clock"
	"housecall/internal/paper"
)

func rxCommand() *cobra.Command {
	rx := &cobra.Command{Use: "rx", Short: "Prescriptions, off line: checked and verified"}
	rx.AddCommand(rxVerifyCommand(), rxCheckCommand())
	return rx
}

func rxVerifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify FILE|CODE...",
		Short: "Tell of a printed prescription whether it is genuine, altered, forged or expired; nothing is asked of any server",
		Long: "Names a PDF, or the text of the QR codes of one prescription, or - to read that text from standard input.\n" +
			"The keys are those of /.well-known/jwks.json of the service that signed it, fetched whenever you are on line.\n" +
			"Ends with 0 when it is genuine, 2 when genuine and expired, 1 otherwise. Whether it was cancelled or\n" +
			"dispensed since, only the service knows.",
		Args: cobra.MinimumNArgs(1),
	}
	keyFile := c.Flags().String("keys", "", "file with the keys (jwks.json)")
	day := c.Flags().String("at", "", "as of this moment (2006-01-02 or 2006-01-02T15:04:05Z), in place of now")
	c.RunE = func(c *cobra.Command, args []string) error {
		raw, err := os.ReadFile(*keyFile)
		if err != nil {
			return fmt.Errorf("name the file with the keys by --keys; get it from /.well-known/jwks.json of the service (%w)", err)
		}
		keys, err := paper.ReadKeys(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", *keyFile, err)
		}
		at, err := momentOf(*day)
		if err != nil {
			return err
		}
		found, err := verdictOn(args, c.InOrStdin(), keys, at)
		if err != nil {
			return err
		}
		say(c.OutOrStdout(), found)
		return exitOf(found.Verdict)
	}
	return c
}

func momentOf(day string) (time.Time, error) {
	if day == "" {
		return clock.NewReal().Now(), nil
	}
	for _, shape := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(shape, day); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--at %q is no moment: write 2006-01-02 or 2006-01-02T15:04:05Z", day)
}

// verdictOn judges a file, or codes that were scanned.
func verdictOn(args []string, in io.Reader, keys paper.Keys, at time.Time) (paper.Finding, error) {
	scanned := strings.Join(args, " ")
	switch {
	case len(args) == 1 && args[0] == "-":
		text, err := io.ReadAll(io.LimitReader(in, 1<<20))
		if err != nil {
			return paper.Finding{}, fmt.Errorf("read the codes: %w", err)
		}
		scanned = string(text)
	case len(args) == 1 && !paper.IsCode(args[0]):
		file, err := os.ReadFile(args[0])
		if err != nil {
			return paper.Finding{}, fmt.Errorf("%s is neither a code nor a file that can be read (%w)", args[0], err)
		}
		if strings.HasPrefix(string(file), "%PDF-") {
			return paper.CheckFile(file, keys, at), nil
		}
		scanned = string(file)
	}
	jws, err := paper.Gather(scanned)
	if err != nil {
		return paper.Finding{Verdict: paper.Forged, Why: err.Error()}, nil //nolint:nilerr // it is the verdict
	}
	return paper.Check(jws, keys, at), nil
}

var verdictWords = map[paper.Verdict]string{
	paper.Genuine: "GENUINE: signed as it stands here.", paper.Expired: "EXPIRED: genuine, but its time is over.",
	paper.Altered: "ALTERED: don't use this file.", paper.Forged: "FORGED or not readable: don't use it.",
	paper.Unchecked: "SIGNATURE GENUINE, PAGE NOT COMPARED: go by the words below alone.",
}

func say(out io.Writer, f paper.Finding) {
	lines := []string{verdictWords[f.Verdict]}
	if f.Why != "" {
		lines = append(lines, "  because "+f.Why)
	}
	if f.Card != nil {
		lines = append(lines, f.Card.Text()...)
		lines = append(lines, "", "As signed on that day. Whether it was cancelled or dispensed since, ask on line.")
	}
	_, _ = fmt.Fprintln(out, strings.Join(lines, "\n"))
}

// exitOf ends the command with what a script asks for.
func exitOf(v paper.Verdict) error {
	switch v {
	case paper.Genuine:
		return nil
	case paper.Expired:
		return exit(2)
	case paper.Altered, paper.Forged, paper.Unchecked:
	}
	return errSaid
}

// exit ends a command with this code; its output has said all there is to say.
type exit int

// Error implements error.
func (e exit) Error() string { return fmt.Sprintf("ends with %d", int(e)) }

// Is tells that the output has said all.
func (e exit) Is(target error) bool { return errors.Is(target, errSaid) }

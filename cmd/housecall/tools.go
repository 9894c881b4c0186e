package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"housecall/internal/app"
	"housecall/internal/config"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

// withTools opens the engines without serving, for a tool of the operator.
func withTools(ctx context.Context, read func() (config.Config, error), use func(ctx context.Context, a *app.App) error) error {
	conf, err := read()
	if err != nil {
		return err
	}
	log, err := logger(conf)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Options{Config: conf, Log: log})
	if err != nil {
		return err
	}
	err = use(ctx, a)
	if stopped := a.Stop(context.WithoutCancel(ctx)); err == nil {
		err = stopped
	}
	return err
}

// existing reads the configuration for a tool that looks at what is there: a folder without a housecall
// is a mistake in --data, and must not become an empty one that looks well.
func existing(read func() (config.Config, error)) func() (config.Config, error) {
	return func() (config.Config, error) {
		conf, err := read()
		if err != nil || conf.Store != "" {
			return conf, err
		}
		if _, err := os.Stat(filepath.Join(conf.Data, "housecall.db")); err != nil {
			return conf, fmt.Errorf("there is no housecall in the folder %s; name the one that serve was given by --data (%w)", conf.Data, err)
		}
		return conf, nil
	}
}

// fresh reads the configuration for a tool that may come before the first serve.
func fresh(read func() (config.Config, error)) func() (config.Config, error) {
	return func() (config.Config, error) {
		conf, err := read()
		if err != nil {
			return conf, err
		}
		if err := os.MkdirAll(conf.Data, 0o700); err != nil {
			return conf, fmt.Errorf("can't make the folder %s: make it, or name another with --data (%w)", conf.Data, err)
		}
		return conf, nil
	}
}

func userCommand() *cobra.Command {
	user := &cobra.Command{Use: "user", Short: "Accounts"}
	add := &cobra.Command{Use: "add LOGIN", Short: "Make the first operator; the password is read from --password-file", Args: cobra.ExactArgs(1)}
	read := settings(add)
	file := add.Flags().String("password-file", "", "file with the password, 12 characters or more")
	add.RunE = func(c *cobra.Command, args []string) error {
		password, err := config.ReadSecret(*file)
		if err != nil || password == "" {
			return fmt.Errorf("name a file with the password by --password-file (%w)", err)
		}
		return withTools(c.Context(), fresh(read), func(ctx context.Context, a *app.App) error {
			_, secret, err := a.Identity.EnsureOperator(ctx, phi.Text(args[0]), phi.Text(password), "")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "The operator is there. Put this secret into an authenticator app, it is shown this once: %s\n", secret.Reveal())
			return err
		})
	}
	user.AddCommand(add)
	return user
}

func auditCommand() *cobra.Command {
	audit := &cobra.Command{Use: "audit", Short: "The audit log"}
	verify := &cobra.Command{Use: "verify", Short: "Prove that nothing in the audit was altered, removed or reordered", Args: cobra.NoArgs}
	read := settings(verify)
	verify.RunE = func(c *cobra.Command, _ []string) error {
		return withTools(c.Context(), existing(read), func(ctx context.Context, a *app.App) error {
			proofs, err := a.Trail.Verify(ctx)
			for _, p := range proofs {
				//nolint:errcheck // a terminal that is gone is no reason to stop
				fmt.Fprintf(c.OutOrStdout(), "The chain of %s is whole: %d entries in %d blocks. Note down its sum elsewhere: %s\n", p.Chain, p.Entries, p.Blocks, p.Sum)
			}
			return err
		})
	}
	audit.AddCommand(verify)
	return audit
}

func eventsCommand() *cobra.Command {
	events := &cobra.Command{Use: "events", Short: "Events that could not be handled"}
	dead := &cobra.Command{Use: "dead", Short: "List events that no handler could deal with", Args: cobra.NoArgs}
	readDead := settings(dead)
	dead.RunE = func(c *cobra.Command, _ []string) error {
		return withTools(c.Context(), existing(readDead), func(ctx context.Context, a *app.App) error {
			letters, err := a.Bus.Dead(ctx)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 8, 2, ' ', 0)
			fmt.Fprintln(w, "NUMBER\tAT\tCONSUMER\tKIND\tDOCUMENT\tCAUSE") //nolint:errcheck // Flush says
			for _, l := range letters {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", l.Seq, l.At.Format("2006-01-02 15:04:05"), l.Consumer, l.Event.Kind, l.Event.Doc, l.Cause) //nolint:errcheck // Flush says
			}
			return w.Flush()
		})
	}
	replay := &cobra.Command{Use: "replay NUMBER", Short: "Send one of them again", Args: cobra.ExactArgs(1)}
	readReplay := settings(replay)
	replay.RunE = func(c *cobra.Command, args []string) error {
		seq, err := strconv.ParseUint(args[0], 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no number; `housecall events dead` lists them", args[0])
		}
		return withTools(c.Context(), existing(readReplay), func(ctx context.Context, a *app.App) error { return a.Bus.Replay(ctx, seq) })
	}
	events.AddCommand(dead, replay)
	return events
}

func formularyCommand() *cobra.Command {
	formulary := &cobra.Command{Use: "formulary", Short: "The list of medicines"}
	check := &cobra.Command{
		Use: "check [DIR]", Short: "Check a formulary, the built-in one by default, and your own beside it", Args: cobra.MaximumNArgs(1),
	}
	more := check.Flags().String("own", "", "folder with tables of own medicines, or one CSV file like formulary.csv")
	check.RunE = func(c *cobra.Command, args []string) error {
		own, err := prescribing.OwnFormulary(*more)
		if err != nil {
			return err
		}
		var files fs.FS
		if len(args) > 0 {
			files = os.DirFS(args[0])
		}
		return prescribing.CheckFormulary(files, own, c.OutOrStdout())
	}
	formulary.AddCommand(check)
	return formulary
}

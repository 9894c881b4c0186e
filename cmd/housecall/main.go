// Command housecall is the server, the demo and the tools of its operators.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"housecall/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "housecall: "+err.Error())
		}
		var code exit
		if errors.As(err, &code) {
			os.Exit(int(code))
		}
		if errors.Is(err, app.ErrUnreachable) {
			os.Exit(tryLater)
		}
		os.Exit(1)
	}
}

// tryLater is the exit code (EX_TEMPFAIL) that has a service manager start it again: nothing is wrong with what it was told.
const tryLater = 75

// errSaid ends a command whose output has said all there is to say.
var errSaid = errors.New("said")

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "housecall",
		Short:         "Telemedicine with medicine at the door in half an hour",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.AddCommand(serveCommand(), demoCommand(), walkCommand(), checkConfigCommand(), userCommand(), auditCommand(), eventsCommand(),
		formularyCommand(), rxCommand(), policyCommand(), mediaCommand(), loadCommand(), topCommand(), simulateCommand(), backupCommand(), restoreCommand(), versionCommand())
	return c
}

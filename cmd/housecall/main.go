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
		os.Exit(1)
	}
}

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
		formularyCommand(), rxCommand(), policyCommand(), mediaCommand(), loadCommand(), simulateCommand(), versionCommand())
	return c
}

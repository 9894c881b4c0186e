package sim

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/pquerna/otp/totp"

	"housecall/internal/clock"
)

// WriteTable lists everybody of the demo and how to sign in as them.
func (d *Demo) WriteTable(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "\nLampford is ready (%d ms). Open %s\n\n", d.Took.Milliseconds(), d.URL); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "ROLE\tNAME\tSIGN IN AS\tAUTHENTICATOR\tFOR") //nolint:errcheck // Flush says
	for _, p := range d.People {
		secret := p.Secret
		if secret == "" {
			secret = "code by mail"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", p.Role, p.Name, p.Address, secret, p.Note) //nolint:errcheck // Flush says
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, `
Patients sign in with a code by mail; no mail leaves this machine, it stands on %[1]s/outbox
Everybody else signs in with the password  %[2]s  and the authenticator's code of the moment:
  housecall demo code %[3]s
Who nobody signs in as acts by themselves after %[4]d seconds. The API is described on %[1]s/docs
`, d.URL, DemoPassword, DemoOperator, int(grace.Seconds()))
	return err
}

// DemoCode is what the authenticator of somebody of the demo shows at this moment, and for how long.
func DemoCode(address string) (code string, left time.Duration, err error) {
	for _, p := range townspeople() {
		if p.Address != address || p.Secret == "" {
			continue
		}
		now := clock.NewReal().Now()
		code, err = totp.GenerateCode(p.Secret, now)
		return code, now.Truncate(halfMinute * time.Second).Add(halfMinute * time.Second).Sub(now), err
	}
	return "", 0, fmt.Errorf("nobody of the demo's staff has the address %s; patients get a code by mail, on the outbox page", address)
}

package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/pquerna/otp/totp"
)

// people are who take part, each with a session of their own.
type people struct {
	doctor, pharmacist, courier, patient, caregiver, stranger *Client
	doctorSecret                                              string
	doctorStep                                                int64 // of the authenticator, last used
	accounts                                                  map[*Client]string
	patientID                                                 string
	caregiverAddress                                          string
}

// place is where the walk takes place.
type place struct {
	lat, lon        float64
	name, specialty string
	zone, pharmacy  string
	product         string
}

func (w *Walk) point(north, east float64) JSON {
	return JSON{"lat": w.lat + north, "lon": w.lon + east}
}

// drawZone draws a zone where nobody else's is: somewhere on the southern ocean.
func (w *Walk) drawZone(ctx context.Context) (string, error) {
	w.lat, w.lon = -58+4*rand.Float64(), -170+340*rand.Float64() //nolint:gosec // a place, not a secret
	w.name = "walk-" + newKey()[:8]
	w.specialty = w.name
	zone := JSON{
		"name": w.name, "jurisdiction": "house", "country": "XX", "time_zone": "UTC", "emergency_number": "112",
		"polygon":      []JSON{w.point(-.03, -.05), w.point(-.03, .05), w.point(.03, .05), w.point(.03, -.05)},
		"delivery_fee": money("800"), "courier_pay": money("600"), "promise_minutes": 30, "review_minutes": 4, "pack_minutes": 6, "ride_minutes": 20,
	}
	a, err := w.Operator.Post(ctx, "/zones", zone)
	w.zone = a.Text("id")
	return "drawn", err
}

// money is an amount in the walk's currency.
func money(minor string) JSON {
	var n int64
	_, _ = fmt.Sscan(minor, &n)
	return JSON{"minor": n, "currency": "CNY"}
}

func (w *Walk) openPharmacy(ctx context.Context) (string, error) {
	hours := make([]JSON, 0, 7)
	for day := range 7 {
		hours = append(hours, JSON{"day": day, "from": "00:00", "until": "24:00"})
	}
	a, err := w.Operator.Post(ctx, "/pharmacies", JSON{
		"name": "Pharmacy of " + w.name, "address": "1 Lamp Street", "phone": "+440000000",
		"at": w.point(0, 0), "zone": w.zone, "time_zone": "UTC", "currency": "CNY", "fulfilments": []string{"courier", "pickup"}, "hours": hours,
	})
	if err != nil {
		return "", err
	}
	w.pharmacy = a.Text("id")
	return "approved", w.vet(ctx, "pharmacy", w.pharmacy)
}

// desk is where the operator enrols and vets people of this walk.
func (w *Walk) desk() Desk { return Desk{Operator: w.Operator, Specialty: w.specialty} }

func (w *Walk) vet(ctx context.Context, kind, subject string) error {
	return w.desk().Vet(ctx, kind, subject)
}

func (w *Walk) enrolStaff(ctx context.Context) (string, error) {
	w.accounts = map[*Client]string{}
	var err error
	if w.doctor, w.doctorSecret, err = w.enrol(ctx, "doctor", "Dr Walk", ""); err != nil {
		return "", err
	}
	w.doctorStep = stepOf(time.Now()) //nolint:forbidigo // the authenticator's clock is the world's
	if w.pharmacist, _, err = w.enrol(ctx, "pharmacist", "Pharmacist Walk", w.pharmacy); err != nil {
		return "", err
	}
	if w.courier, _, err = w.enrol(ctx, "courier", "Courier Walk", ""); err != nil {
		return "", err
	}
	for kind, who := range map[string]*Client{"doctor": w.doctor, "pharmacist": w.pharmacist, "courier": w.courier} {
		if err := w.vet(ctx, kind, w.accounts[who]); err != nil {
			return "", fmt.Errorf("vet the %s: %w", kind, err)
		}
	}
	_, err = w.Operator.Post(ctx, "/pharmacies/"+w.pharmacy+"/staff", JSON{"account": w.accounts[w.pharmacist], "role": "pharmacist"})
	return "approved", err
}

func (w *Walk) enrolPatients(ctx context.Context) (string, error) {
	var err error
	if w.patient, _, err = w.enrol(ctx, "patient", "Mother Walk", ""); err != nil {
		return "", err
	}
	if w.caregiver, w.caregiverAddress, err = w.enrol(ctx, "patient", "Daughter Walk", ""); err != nil {
		return "", err
	}
	if w.stranger, _, err = w.enrol(ctx, "patient", "Stranger Walk", ""); err != nil {
		return "", err
	}
	me, err := w.patient.Get(ctx, "/me")
	w.patientID = me.Text("patient")
	return "enrolled", err
}

// enrol adds somebody. The second answer is the secret of the authenticator, for staff, and the
// address, for patients.
func (w *Walk) enrol(ctx context.Context, role, name, pharmacy string) (*Client, string, error) {
	e, err := w.desk().Enrol(ctx, role, name, pharmacy)
	if err != nil {
		return nil, "", err
	}
	w.accounts = noted(w.accounts, e.Client, e.Account)
	if role == "patient" {
		return e.Client, e.Address, nil
	}
	return e.Client, e.Secret, nil
}

func noted(m map[*Client]string, c *Client, account string) map[*Client]string {
	if m == nil {
		m = map[*Client]string{}
	}
	m[c] = account
	return m
}

func stepOf(t time.Time) int64 { return t.Unix() / 30 }

// freshCode is a code of the doctor's authenticator that has not been used: each is good once. The service
// takes the next half minute's code too, for phones that are fast; from two seconds into this one, for a
// service whose clock is slow.
func (w *Walk) freshCode(ctx context.Context) (string, error) {
	tick := time.NewTicker(100 * time.Millisecond) //nolint:forbidigo // waits for the world's clock
	defer tick.Stop()
	now := time.Now() //nolint:forbidigo // the authenticator's clock is the world's
	for stepOf(now.Add(-2*time.Second))+1 <= w.doctorStep {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case now = <-tick.C:
		}
	}
	w.doctorStep = max(w.doctorStep+1, stepOf(now))
	return totp.GenerateCode(w.doctorSecret, time.Unix(w.doctorStep*30, 0))
}

func (w *Walk) grant(ctx context.Context) (string, error) {
	g, err := w.patient.Post(ctx, "/patients/"+w.patientID+"/grants", JSON{
		"address": w.caregiverAddress,
		"scopes":  []string{"see", "book", "attend", "pay", "receive"},
	})
	if err != nil {
		return "", err
	}
	held, err := w.caregiver.Get(ctx, "/grants")
	if err != nil {
		return "", err
	}
	grant := held.Text("invitations.0.id")
	if grant == "" {
		grant = g.Text("id")
	}
	a, err := w.caregiver.Post(ctx, "/grants/"+grant+"/accept", nil)
	return a.Text("state"), err
}

// refusedWith is nil when the error is a refusal with this status.
func refusedWith(status int, what string, err error) error {
	if StatusOf(err) == status {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s was allowed, want %d", what, status)
	}
	return fmt.Errorf("%s: want %d: %w", what, status, err)
}

func (w *Walk) strangerSeesNothing(ctx context.Context) (string, error) {
	for _, path := range []string{
		"/orders/" + w.orderID, "/visits/" + w.visit, "/prescriptions/" + w.rx, "/intakes/" + w.intakeID,
		"/patients/" + w.patientID, "/patients/" + w.patientID + "/orders", "/jobs/" + w.job + "/pin", "/orders/" + w.orderID + "/delivery",
	} {
		_, err := w.stranger.Get(ctx, path)
		if err := refusedWith(http.StatusNotFound, "a stranger reading "+path, err); err != nil {
			return "", err
		}
	}
	_, err := w.stranger.Post(ctx, "/orders/"+w.orderID+"/cancel", JSON{"reason": "nosy"})
	return "not found", refusedWith(http.StatusNotFound, "a stranger's cancel", err)
}

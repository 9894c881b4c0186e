package sim

import (
	"context"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// RunAsking walks and calls after each step with its name. It does not wait for the half minute in which
// a new code of the authenticator begins, but takes the next one, which the server lets a fast clock have.
func (w *Walk) RunAsking(t *testing.T, after func(step string)) {
	t.Helper()
	w.begun = time.Now()
	for _, s := range w.script() {
		do := s.do
		if s.name == "sign it with a fresh second factor" {
			do = w.signAhead
		}
		if _, err := do(t.Context()); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		after(s.name)
	}
}

func (w *Walk) signAhead(ctx context.Context) (string, error) {
	challenge, err := w.doctor.Post(ctx, "/signings", JSON{"prescriptions": []string{w.rx}})
	if err != nil {
		return "", err
	}
	code, err := totp.GenerateCode(w.doctorSecret, time.Unix(30*(w.doctorStep+1), 0))
	if err != nil {
		return "", err
	}
	a, err := w.doctor.Post(ctx, "/signings/"+challenge.Text("id")+"/confirm", JSON{"code": code})
	w.part = a.Text("items.0.parts.0.id")
	return a.Text("items.0.state"), err
}

// People are those of the walk, by what they are to its records.
func (w *Walk) People() map[string]*Client {
	return map[string]*Client{
		"nobody": {Base: w.Base, HTTP: w.Operator.HTTP}, "operator": w.Operator, "patient": w.patient, "caregiver": w.caregiver,
		"stranger": w.stranger, "doctor": w.doctor, "pharmacist": w.pharmacist, "courier": w.courier,
	}
}

// Records are the ids of what the walk has made so far, by the path that they stand under.
func (w *Walk) Records() map[string]string {
	return map[string]string{
		"orders": w.orderID, "visits": w.visit, "prescriptions": w.rx, "parts": w.part, "intakes": w.intakeID, "fills": w.fill,
		"jobs": w.job, "patients": w.patientID, "pharmacies": w.pharmacy, "couriers": w.accounts[w.courier], "doctors": w.accounts[w.doctor],
	}
}

// Enrol adds somebody of this role who has to do with no record.
func (w *Walk) Enrol(t *testing.T, role string) *Client {
	t.Helper()
	c, _, err := w.enrol(t.Context(), role, "Other Walk", "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

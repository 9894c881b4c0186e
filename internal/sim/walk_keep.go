package sim

import (
	"context"
	"fmt"
)

// Kept is who walked, and what there is of it, for whoever wants to ask for more.
type Kept struct {
	Tokens map[string]string `json:"tokens"` // sessions, by role
	// IDs are documents that exist, by the name that paths and bodies have for their kind.
	IDs map[string]string `json:"ids"`
}

// Keep answers who walked and how far they came, with one of each role that did not have to walk.
func (w *Walk) Keep(ctx context.Context) (Kept, error) {
	k := Kept{
		Tokens: map[string]string{
			"operator": w.Operator.Token, "patient": w.caregiver.Token, "doctor": w.doctor.Token, "pharmacist": w.pharmacist.Token, "courier": w.courier.Token,
		},
		IDs: map[string]string{
			"patients": w.patientID, "intakes": w.intakeID, "visits": w.visit, "prescriptions": w.rx, "parts": w.part, "orders": w.orderID, "fills": w.fill,
			"jobs": w.job, "pharmacies": w.pharmacy, "zones": w.zone, "accounts": w.accounts[w.stranger], "couriers": w.accounts[w.courier],
			"doctors": w.accounts[w.doctor], "payees": w.accounts[w.doctor],
		},
	}
	for _, role := range []string{"support", "auditor"} {
		e, err := w.desk().Enrol(ctx, role, "Kept "+role, "")
		if err != nil {
			return k, fmt.Errorf("enrol one for %s: %w", role, err)
		}
		k.Tokens[role] = e.Token
	}
	return k, nil
}

package journey

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/onboarding"
)

// staff: nobody acts unvetted, and nobody waits for a doctor who is gone.
func (j *Journeys) staff() []step {
	return []step{
		{onboarding.ApplicationSuspended, j.standDown},
		{onboarding.ApplicationExpired, j.standDown},
		{consult.DutyEnded, j.tellLeft},
		{consult.DoctorVanished, j.vanished},
	}
}

// standDown sends home whose papers are suspended or have run out. A pharmacy and its pharmacists are
// asked for their papers at every step of theirs.
func (j *Journeys) standDown(ctx context.Context, a access.Actor, e event.Event) error {
	who := id.Account(e.Data["subject"])
	switch onboarding.Kind(e.Data["kind"]) {
	case onboarding.Doctor:
		return j.Consult.StandDown(ctx, a, who)
	case onboarding.Courier:
		return overtaken(j.Delivery.Suspend(ctx, a, who, reasonOf(e)))
	case onboarding.Pharmacy, onboarding.Pharmacist:
	}
	return nil
}

func reasonOf(e event.Event) string {
	if e.Kind == onboarding.ApplicationExpired {
		return "papers_expired"
	}
	return "suspended"
}

func (j *Journeys) tellLeft(ctx context.Context, a access.Actor, e event.Event) error {
	return j.Consult.TellLeft(ctx, a, id.Account(e.Doc))
}

func (j *Journeys) vanished(ctx context.Context, a access.Actor, e event.Event) error {
	return j.Consult.Vanished(ctx, a, id.Account(e.Doc))
}

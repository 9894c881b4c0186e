package journey

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
)

// question: what the pharmacy asks, and who answers.
func (j *Journeys) question() []step {
	return []step{
		{pharmacy.KindSubstitutionProposed, j.askPatient},
		{order.EventAnswered, j.patientAnswered},
	}
}

func (j *Journeys) askPatient(ctx context.Context, a access.Actor, e event.Event) error {
	f, err := j.Pharmacy.Fill(ctx, a, id.Fill(e.Doc))
	if err != nil {
		return err
	}
	q := order.Question{ID: e.Data["question"], Kind: order.Substitute}
	for _, asked := range f.Questions {
		if asked.ID == q.ID && asked.Swap != nil {
			q.Old, q.New = asked.Swap.Item.InsteadOf, asked.Swap.Product
		}
	}
	return j.Order.Ask(ctx, a, orderOf(e), attemptOf(e), q)
}

func (j *Journeys) patientAnswered(ctx context.Context, a access.Actor, e event.Event) error {
	if order.Kind(e.Data["kind"]) != order.Substitute {
		return nil
	}
	answer := pharmacy.Declined
	if e.Data["accepted"] == "true" {
		answer = pharmacy.Agreed
	}
	_, err := j.Pharmacy.AnswerSubstitution(ctx, a, id.FillOf(orderOf(e), attemptOf(e)), e.Data["question"], answer)
	return overtaken(err)
}

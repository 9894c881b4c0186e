package access_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/policies"
)

type noCircle struct{}

func (noCircle) Scopes(context.Context, id.Patient, id.Account) ([]access.Scope, error) {
	return nil, nil
}

type noTrail struct{}

func (noTrail) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }
func (noTrail) Denied(context.Context, access.Actor, access.Action, access.Facts)     {}

// BenchmarkQuestion asks what every request asks twice, with all rules loaded: of the route, and of the
// record. The median is over groups of a hundred pairs, since a clock can't see one.
func BenchmarkQuestion(b *testing.B) {
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		b.Fatal(err)
	}
	guard := access.NewGuard(rules, noCircle{}, noTrail{})
	ann := access.Actor{Account: "acc_ann", Role: access.Patient, Patient: "pat_ann"}
	facts := access.Facts{Patient: "pat_ann"}
	const group = 100
	var took []time.Duration
	for b.Loop() {
		begun := time.Now()
		for range group {
			if guard.Route(ann, "intake.read") != nil || guard.Check(b.Context(), ann, "intake.read", facts) != nil {
				b.Fatal("refused")
			}
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/(2*group), "median-ns/question")
}

package app

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/blob"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/intake"
)

// forIntake is what intake asks of zones, people and visits.
type forIntake struct{ *Services }

// At implements intake.Places.
func (f forIntake) At(ctx context.Context, at geo.Point) (intake.Place, bool, error) {
	z, err := f.Delivery.ZoneAt(ctx, at)
	if fault.Is(err, fault.NotFound) || (err == nil && z == nil) {
		return intake.Place{}, false, nil
	}
	if err != nil {
		return intake.Place{}, false, err
	}
	return intake.Place{
		Point: at, Zone: z.ID, Jurisdiction: z.Jurisdiction, State: z.State, EmergencyNumber: z.Emergency,
		Currency: z.Currency(), TimeZone: z.TimeZone,
	}, true, nil
}

// About implements intake.People.
func (f forIntake) About(ctx context.Context, _ access.Actor, patient id.Patient) (intake.Person, error) {
	p, err := f.Identity.Person(ctx, house, patient) // intake has asked its own policy for the actor
	if err != nil {
		return intake.Person{}, err
	}
	return intake.Person{Born: p.BirthDate.Reveal(), Sex: known(p.Sex.Reveal()), Language: p.Language}, nil
}

func known(s string) string {
	if s == "unknown" {
		return ""
	}
	return s
}

// Treats implements intake.Care.
func (f forIntake) Treats(ctx context.Context, doctor id.Account, patient id.Patient) (bool, error) {
	return f.Consult.Treats(ctx, doctor, patient)
}

// attachments keeps files for intake.
type attachments struct{ blob.Store }

// Settle implements intake.Files.
func (f attachments) Settle(ctx context.Context, quarantine, key string, types []string) (string, int64, error) {
	info, err := f.Store.Settle(ctx, quarantine, key, types)
	return info.Type, info.Size, err
}

var _ intake.Files = attachments{}

// SignPut and SignGet are those of the store.
func (f attachments) SignPut(ctx context.Context, key, contentType string, size int64, ttl time.Duration) (string, error) {
	return f.Store.SignPut(ctx, key, contentType, size, ttl)
}

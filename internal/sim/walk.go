package sim

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// Walk is one order through the whole chain over the public HTTP API: as operator, patient,
// caregiver, doctor, pharmacist and courier. It works in a zone of its own, with its own pharmacy,
// doctor and courier, so that nobody takes its job.
type Walk struct {
	Base     string
	Operator *Client // signed in, or with an administrator's token
	Out      io.Writer
	Patience time.Duration // beside what each wait takes on a service that is well
	Until    string        // the last step to make; empty: all of them. Run again, the walk goes on after it.

	people
	place
	chain
	begun time.Time
	steps []Step
}

// Step is one step of the walk.
type Step struct {
	Step  string `json:"step"`
	Actor string `json:"actor"`
	MS    int64  `json:"ms"`
	State string `json:"state"`
}

// Result is how the walk ended.
type Result struct {
	OK    bool   `json:"ok"`
	Steps []Step `json:"steps"`
	Error string `json:"error,omitempty"`
	// Stopped: at the step that it was to go to.
	Stopped bool `json:"stopped,omitempty"`
}

// walkTime is within what a walk ends, whatever happens.
const walkTime = 90 * time.Second

// Run walks. OK only if the medicine was delivered, the prescription is dispensed, the ledger sums to
// zero, a second dispensing was refused and a stranger saw nothing.
func (w *Walk) Run(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, walkTime+5*w.Patience)
	defer cancel()
	if w.begun.IsZero() {
		w.begun = time.Now() //nolint:forbidigo // a person's watch beside the service
	}
	if w.Until != "" && !slices.ContainsFunc(w.script(), func(s step) bool { return s.name == w.Until }) {
		return Result{Error: fmt.Sprintf("there is no step %q", w.Until)}
	}
	for _, s := range w.script()[len(w.steps):] {
		begun := time.Now() //nolint:forbidigo // as above
		state, err := s.do(ctx)
		if err != nil {
			w.say("  %-44s %-10s FAILED: %v\n", s.name, s.actor, err)
			return Result{Steps: w.steps, Error: fmt.Sprintf("%s: %v", s.name, err)}
		}
		took := time.Since(begun).Milliseconds() //nolint:forbidigo // as above
		w.steps = append(w.steps, Step{s.name, s.actor, took, state})
		w.say("  %-44s %-10s %6d ms  %s\n", s.name, s.actor, took, state)
		if s.name == w.Until {
			return Result{OK: true, Steps: w.steps, Stopped: true}
		}
	}
	return Result{OK: true, Steps: w.steps}
}

func (w *Walk) say(format string, args ...any) {
	if w.Out != nil {
		fmt.Fprintf(w.Out, format, args...) //nolint:errcheck // a terminal that is gone is no reason to stop
	}
}

// step is one line of the script.
type step struct {
	name, actor string
	do          func(ctx context.Context) (state string, err error)
}

func (w *Walk) script() []step {
	return []step{
		{"draw a zone", "operator", w.drawZone},
		{"open a pharmacy and have it vetted", "operator", w.openPharmacy},
		{"enrol and vet doctor, pharmacist, courier", "operator", w.enrolStaff},
		{"enrol patient, caregiver and a stranger", "operator", w.enrolPatients},
		{"put medicine on the shelf", "pharmacist", w.stock},
		{"grant a daughter the right to book and pay", "patient", w.grant},
		{"fill in the intake for her mother", "caregiver", w.intake},
		{"go on duty", "doctor", w.goOnDuty},
		{"go on shift", "courier", w.goOnShift},
		{"ask for a visit; the fee is held", "caregiver", w.requestVisit},
		{"admit the patient", "doctor", w.admit},
		{"take seats for the call", "patient", w.join},
		{"write the note", "doctor", w.note},
		{"write the prescription", "doctor", w.prescribe},
		{"sign it with a fresh second factor", "doctor", w.sign},
		{"complete the visit; the fee is taken", "doctor", w.complete},
		{"compare pharmacies", "caregiver", w.quotes},
		{"order; prescription claimed, stock reserved", "caregiver", w.order},
		{"pay; the clock starts", "caregiver", w.pay},
		{"review with today's safety check", "pharmacist", w.review},
		{"accept", "pharmacist", w.accept},
		{"get an offer and accept it", "courier", w.acceptOffer},
		{"pack by batch, label and seal", "pharmacist", w.pack},
		{"arrive at the counter", "courier", w.arrive},
		{"hand the bag to the right courier", "pharmacist", w.collect},
		{"arrive at the door", "courier", w.atDoor},
		{"hand over by the patient's PIN", "courier", w.handOver},
		{"see it delivered", "patient", w.delivered},
		{"see the prescription dispensed", "doctor", w.dispensed},
		{"be refused a second dispensing", "caregiver", w.refusedAgain},
		{"see nothing of it", "stranger", w.strangerSeesNothing},
		{"prove that the ledger sums to zero", "operator", w.ledgerZero},
	}
}

package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/estimate"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// Side is where a code is shown and typed.
type Side string

// The sides. The seal is no code of ours but stands on the bag; it too is tried five times at most.
const (
	SideCounter Side = "counter" // on the courier's screen, typed by the pharmacy
	SideDoor    Side = "door"    // the patient's PIN, typed by the courier or by support
	SideReturn  Side = "return"  // on the courier's screen, typed by the pharmacy that takes the bag back
	SideSeal    Side = "seal"    // on the bag, typed by the patient
)

func (s Side) known() bool {
	return slices.Contains([]Side{SideCounter, SideDoor, SideReturn, SideSeal}, s)
}

// tries is how often a code may be wrong before the operator has to help.
const tries = 5

var errWrongCode = errors.New("wrong code")

// Code is a code as the one who shows it sees it.
type Code struct {
	Side Side   `json:"side"`
	Code string `json:"code" doc:"Six digits. Show it, never send it on."`
}

// code derives the six digits of a side. The courier's codes belong to the offer by which they hold
// the job, so that a job matched again has new ones; the patient's PIN stays.
func (s *Service) code(j *Job, side Side) string {
	offer := 0
	if side != SideDoor {
		offer = j.Offers
	}
	sum := s.mac("code", string(j.ID), strconv.Itoa(j.Attempt), string(side), strconv.Itoa(offer), strconv.Itoa(j.Rounds[side]))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum)%1_000_000)
}

func (s *Service) mac(parts ...string) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte("housecall.delivery\x1f" + strings.Join(parts, "\x1f")))
	return h.Sum(nil)
}

// CourierCode answers the code that the courier shows at the counter now: on collecting, or on
// bringing back. It is nobody else's to see, the one who types it least of all.
func (s *Service) CourierCode(ctx context.Context, a access.Actor, job id.Job) (Code, error) {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return Code{}, err
	}
	if err := s.guard.Check(ctx, a, "job.code", j.facts()); err != nil {
		return Code{}, err
	}
	if j.State == Accepted || j.State == AtPharmacy {
		return Code{SideCounter, s.code(j, SideCounter)}, nil
	}
	if j.State == Returning {
		return Code{SideReturn, s.code(j, SideReturn)}, nil
	}
	return Code{}, fault.New(fault.Conflict, "There is no code to show now. Look at your next step.").Coded("no-code-now")
}

// PIN answers the patient's PIN, to the patient and who may receive for them.
func (s *Service) PIN(ctx context.Context, a access.Actor, job id.Job) (Code, error) {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return Code{}, err
	}
	if err := s.guard.Check(ctx, a, "job.pin", j.facts()); err != nil {
		return Code{}, err
	}
	if j.Ended() || j.State == Failed || j.State == Returning {
		return Code{}, fault.New(fault.Conflict, "This delivery needs no PIN any more.").Coded("no-code-now")
	}
	return Code{SideDoor, s.code(j, SideDoor)}, nil
}

// Collect hands the bag to the courier whose code the pharmacy typed. For those who work at the
// pharmacy of the job. Five wrong codes, and the operator has to unlock it.
func (s *Service) Collect(ctx context.Context, a access.Actor, job id.Job, code string) (*Job, error) {
	return s.handOver(ctx, a, job, "job.collect", SideCounter, code, func(j *Job) error {
		if _, err := moves.Next(j.State, Collect); err != nil {
			return err
		}
		if j.Seal == "" {
			return fault.New(fault.Conflict, "The bag is not packed yet: it has no seal number.").Coded("not-ready")
		}
		return s.checkCode(j, SideCounter, code)
	}, func(j *Job) error {
		j.heard(s.clock.Now()) // they stood there
		j.announce(JobCollected, a, j.Courier, nil)
		return j.apply(s.clock.Now(), a, Collect, "")
	})
}

// HandOver ends the ride at the door with the patient's PIN. For the courier of the job.
func (s *Service) HandOver(ctx context.Context, a access.Actor, job id.Job, pin string) (*Job, error) {
	return s.handOver(ctx, a, job, "job.hand_over", SideDoor, pin, func(j *Job) error {
		if _, err := moves.Next(j.State, HandOver); err != nil {
			return err
		}
		return s.checkCode(j, SideDoor, pin)
	}, func(j *Job) error { return s.deliver(a, j, ProofPIN) })
}

// SupportHandOver ends the ride with the PIN that the patient reads out by telephone, where the
// courier has no network at the door. For support.
func (s *Service) SupportHandOver(ctx context.Context, a access.Actor, job id.Job, pin string) (*Job, error) {
	return s.handOver(ctx, a, job, "job.hand_over_by_phone", SideDoor, pin, func(j *Job) error {
		if err := onTheWay(j); err != nil {
			return err
		}
		return s.checkCode(j, SideDoor, pin)
	}, func(j *Job) error { return s.deliver(a, j, ProofByPhone) })
}

// ConfirmSeal ends the ride by the number on the bag's seal, typed by the patient in their own
// session: it replaces the PIN where the courier has no network at the door. For the patient and
// who may receive for them.
func (s *Service) ConfirmSeal(ctx context.Context, a access.Actor, job id.Job, seal string) (*Job, error) {
	return s.handOver(ctx, a, job, "job.confirm_seal", SideSeal, seal, func(j *Job) error {
		if err := onTheWay(j); err != nil {
			return err
		}
		return locked(j, SideSeal, matches(strings.ToUpper(strings.TrimSpace(seal)), strings.ToUpper(j.Seal)))
	}, func(j *Job) error { return s.deliver(a, j, ProofSeal) })
}

// Returned takes a bag back at the counter, by the code on the courier's screen. For those who work
// at the pharmacy of the job.
func (s *Service) Returned(ctx context.Context, a access.Actor, job id.Job, code string) (*Job, error) {
	return s.handOver(ctx, a, job, "job.take_back", SideReturn, code, func(j *Job) error {
		if _, err := moves.Next(j.State, TakeBack); err != nil {
			return err
		}
		return s.checkCode(j, SideReturn, code)
	}, func(j *Job) error {
		j.announce(JobReturned, a, j.Courier, j.reason())
		j.Proof = ProofAtCounter
		return j.apply(s.clock.Now(), a, TakeBack, "")
	})
}

func (j *Job) reason() map[string]string {
	if j.Failure == nil {
		return nil
	}
	return map[string]string{"reason": j.Failure.Reason}
}

// onTheWay tells whether the bag is between the counter and the hand.
func onTheWay(j *Job) error {
	if j.State == Collected {
		return nil
	}
	_, err := moves.Next(j.State, HandOver)
	return err
}

// deliver ends the ride. A courier without network has not said that they are at the door: the
// patient or support says it for them, so that no state is skipped.
func (s *Service) deliver(a access.Actor, j *Job, proof Proof) error {
	now := s.clock.Now()
	if j.State == Collected {
		if err := j.apply(now, a, Reach, string(proof)); err != nil {
			return err
		}
		j.announce(JobAtDoor, a, j.Courier, nil)
	}
	if err := j.apply(now, a, HandOver, string(proof)); err != nil {
		return err
	}
	j.Proof = proof
	j.announce(JobDelivered, a, j.Courier, map[string]string{
		"proof": string(proof), "late_seconds": strconv.Itoa(int(max(0, now.Sub(j.Deadline).Seconds()))),
		"brought_s": estimate.Seconds(now.Sub(j.ReadyAt)), "busy_s": estimate.Seconds(now.Sub(j.acceptedAt())),
		"metres": estimate.Rough(geo.Metres(j.PharmacyAt, j.Door.Point)),
	})
	return nil
}

// handOver checks a code and moves the job on, in one write. A wrong code is counted in a write of
// its own, which no repeated request passes over.
func (s *Service) handOver(ctx context.Context, a access.Actor, job id.Job, action access.Action, side Side, code string,
	check, then func(*Job) error,
) (*Job, error) {
	if code == "" || len(code) > 40 {
		return nil, fault.InvalidField("/code", "Type the code.")
	}
	j, err := s.change(ctx, a, job, action, docstore.On{Request: a.Request}, func(j *Job) error {
		if err := check(j); err != nil {
			return err
		}
		return then(j)
	})
	if errors.Is(err, errWrongCode) {
		return nil, s.countWrong(ctx, a, job, side)
	}
	if err != nil {
		return nil, err
	}
	return j, s.settle(ctx, a, j, j.Courier)
}

func (s *Service) checkCode(j *Job, side Side, typed string) error {
	return locked(j, side, matches(typed, s.code(j, side)))
}

// locked refuses even the right code after five wrong ones.
func locked(j *Job, side Side, right bool) error {
	if j.Tries[side] >= tries {
		return tooOften()
	}
	if !right {
		return errWrongCode
	}
	return nil
}

func matches(typed, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(typed), []byte(want)) == 1
}

func tooOften() error {
	return fault.New(fault.Conflict, "The code was wrong five times. An operator has been told and can unlock it.").Coded("code-locked")
}

// countWrong keeps a wrong try and answers it.
func (s *Service) countWrong(ctx context.Context, a access.Actor, job id.Job, side Side) error {
	left := 0
	_, err := s.jobs.Update(ctx, string(job), docstore.On{}, func(j *Job) error {
		if j.Tries[side] >= tries {
			return tooOften()
		}
		if j.Tries == nil {
			j.Tries = make(map[Side]int)
		}
		j.Tries[side]++
		if left = tries - j.Tries[side]; left == 0 {
			j.Emit(event.Event{
				Kind: JobCodeLocked, By: string(a.Account), To: []string{event.ToOperators, event.ToSupport},
				Data: map[string]string{"job": string(j.ID), "order": string(j.Order), "zone": string(j.Zone), "side": string(side)},
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if left == 0 {
		return tooOften()
	}
	return fault.InvalidField("/code", fmt.Sprintf("This is not the right code. %d tries are left.", left)).Coded("wrong-code")
}

// Locked lists the sides whose code was wrong five times.
func (j *Job) Locked() []string {
	var out []string
	for side, n := range j.Tries {
		if n >= tries {
			out = append(out, string(side))
		}
	}
	slices.Sort(out)
	return out
}

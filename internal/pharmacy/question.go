package pharmacy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Question is what the pharmacist wants to know before going on: of the doctor, or, with a Swap, of
// the patient. At most one is open.
type Question struct {
	ID         string     `json:"id"`
	Owes       string     `json:"owes" enum:"doctor,patient"`
	By         id.Account `json:"by"`
	At         time.Time  `json:"at"`
	Text       phi.Text   `json:"text,omitempty"`
	Swap       *Swap      `json:"swap,omitempty"`
	Answer     string     `json:"answer,omitempty" doc:"Empty while it is open."`
	AnswerText phi.Text   `json:"answer_text,omitempty"`
	AnsweredBy id.Account `json:"answered_by,omitempty"`
	AnsweredAt time.Time  `json:"answered_at,omitzero"`
}

// Swap is a product proposed in place of the one prescribed.
type Swap struct {
	Line       int          `json:"line"`
	Product    string       `json:"product"`
	Item       Item         `json:"item"`
	Difference money.Amount `json:"difference"` // more, or with a minus less, than before
	Held       bool         `json:"held,omitempty"`
}

const (
	owesDoctor  = "doctor"
	owesPatient = "patient"
)

// How a question ends.
const (
	Confirmed = "confirmed" // the doctor: give it as it is written
	Withdrawn = "withdrawn" // the doctor: do not give it
	Advised   = "advised"   // the doctor: as the text says
	Agreed    = "agreed"    // the patient takes the substitute
	Declined  = "declined"  // the patient does not
	Lapsed    = "lapsed"    // no answer in time, or the fill ended
)

// maxQuestion is how long a question or an answer may be.
const maxQuestion = 2000

// open is the question that waits for an answer, or nil.
func (f *Fill) open() *Question {
	if n := len(f.Questions); n > 0 && f.Questions[n-1].Answer == "" {
		return &f.Questions[n-1]
	}
	return nil
}

func (f *Fill) question(q string) *Question {
	i := slices.IndexFunc(f.Questions, func(x Question) bool { return x.ID == q })
	if i < 0 {
		return nil
	}
	return &f.Questions[i]
}

// unasked refuses while somebody owes an answer.
func (f *Fill) unasked() error {
	if f.open() == nil {
		return nil
	}
	return fault.New(fault.Conflict, "A question is still open. Wait for the answer, or refuse the order.").Coded("question-open")
}

// lapse closes an open question without an answer.
func (f *Fill) lapse(now time.Time) {
	if q := f.open(); q != nil {
		q.Answer, q.AnsweredAt = Lapsed, now
	}
}

// ask opens a question. The budget stands still: for a doctor within what is left of six minutes,
// for the patient until the proposal lapses.
func (f *Fill) ask(now time.Time, q Question) error {
	if f.State != Reviewing && f.State != Preparing {
		return fault.New(fault.Conflict, "Questions can be asked while the order is reviewed or prepared.").Coded("illegal-transition")
	}
	if err := f.unasked(); err != nil {
		return err
	}
	q.ID, q.At = fmt.Sprintf("%s_q%d", f.ID, len(f.Questions)+1), now
	f.Questions = append(f.Questions, q)
	allowed := patientPause
	if q.Owes == owesDoctor {
		allowed = doctorPause - f.DocPaused
	}
	if allowed <= 0 { // the six minutes are used up: the question waits, the budget does not
		f.SetTimer(TimerQuestionOverdue, f.Deadline)
		return nil
	}
	f.pause(now, q.Owes, now.Add(allowed))
	f.SetTimer(TimerQuestionOverdue, now.Add(allowed))
	return nil
}

// AskDoctor puts a question to the doctor who signed; the answer is the fill with it. It
// announces fill.asked, to the doctor too.
func (s *Service) AskDoctor(ctx context.Context, a access.Actor, fill id.Fill, text phi.Text) (*Fill, error) {
	return s.step(ctx, a, fill, "fill.ask", func(f *Fill, now time.Time) error {
		if t := strings.TrimSpace(text.Reveal()); t == "" || len(t) > maxQuestion {
			return fault.InvalidField("/text", "Write what you want to know, in at most 2000 characters.")
		}
		if err := f.ask(now, Question{Owes: owesDoctor, By: a.Account, Text: text}); err != nil {
			return err
		}
		f.tell(KindAsked, a, map[string]string{"question": f.open().ID, "doctor": string(f.Doctor)}, string(f.Doctor))
		return nil
	})
}

// Answer is the doctor's word on a question: Confirmed, Withdrawn or Advised. The budget runs on.
// An answer that comes after the question lapsed is kept while the pharmacy still has the order.
func (s *Service) Answer(ctx context.Context, a access.Actor, fill id.Fill, question, decision string, text phi.Text) (*Fill, error) {
	return s.step(ctx, a, fill, "fill.answer", func(f *Fill, now time.Time) error {
		q := f.question(question)
		if q == nil || q.Owes != owesDoctor {
			return fault.New(fault.NotFound, "We can't find this question.")
		}
		if !slices.Contains([]string{Confirmed, Withdrawn, Advised}, decision) {
			return fault.InvalidField("/decision", "Say confirmed, withdrawn or advised.")
		}
		if len(text) > maxQuestion || (decision == Advised && strings.TrimSpace(text.Reveal()) == "") {
			return fault.InvalidField("/text", "Write your advice, in at most 2000 characters.")
		}
		if q.Answer != "" && (q.Answer != Lapsed || !f.live()) {
			return fault.New(fault.Conflict, "This question has been closed.").Coded("question-closed")
		}
		f.answered(now, a, q, decision)
		q.AnswerText = text
		f.tell(KindAnswered, a, map[string]string{"question": q.ID, "decision": decision})
		return nil
	})
}

// answered closes a question and lets the budget run on.
func (f *Fill) answered(now time.Time, a access.Actor, q *Question, answer string) {
	wasOpen := q.Answer == ""
	q.Answer, q.AnsweredBy, q.AnsweredAt = answer, a.Account, now
	if wasOpen {
		f.ClearTimer(TimerQuestionOverdue)
		f.resume(now)
	}
}

// unanswered closes a question that nobody answered in time: the pharmacist decides with what is known.
func (s *Service) unanswered(ctx context.Context, a access.Actor, fill id.Fill) error {
	f, err := s.step(ctx, a, fill, "fill.advance", func(f *Fill, now time.Time) error {
		q := f.open()
		if q == nil || !f.TimerDue(TimerQuestionOverdue, now) {
			return nil
		}
		f.answered(now, a, q, Lapsed)
		f.tell(KindQuestionLapsed, a, map[string]string{"question": q.ID, "owes": q.Owes}, string(f.Doctor))
		return nil
	})
	if err != nil {
		return err
	}
	return s.unswap(ctx, f)
}

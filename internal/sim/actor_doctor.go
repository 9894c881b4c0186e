package sim

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"housecall/internal/access"
)

// doctor is a doctor who acts by themselves: on duty, admits who waits and is there, listens for a
// while, writes a short note and what suits the complaint, signs, completes.
type doctor struct {
	*actor
	onDuty bool
	visit  string // in the room
	there  time.Time
	signed bool // the medicine of this visit is settled
	tries  int  // to prescribe in this visit
}

const (
	// listens is how long a doctor lets the patient tell before writing.
	listens = 40 * time.Second
	// waitsForPerson is how long who waits is left to a doctor whom a real person is signed in as.
	waitsForPerson = 5 * time.Minute
)

func (d *doctor) turn(ctx context.Context) (time.Duration, error) {
	if d.back {
		d.back, d.onDuty, d.visit = false, false, ""
	}
	if !d.onDuty {
		if _, err := d.Post(ctx, "/duty/on", nil); err != nil {
			return time.Minute, err
		}
		d.onDuty = true
		return time.Second, d.resume(ctx)
	}
	if err := d.answers(ctx); err != nil {
		return 5 * time.Second, err
	}
	if d.visit != "" {
		return 5 * time.Second, d.inRoom(ctx)
	}
	queue, err := d.Get(ctx, "/queue")
	if err != nil {
		return 10 * time.Second, err
	}
	patience := grace
	if d.taken(access.Doctor) {
		patience = waitsForPerson
	}
	for _, v := range items(queue) {
		if v["here"] != true || v["away"] == true || text(v, "fee_state") != "held" || !d.waited(text(v, "queued_at"), patience) {
			continue
		}
		admitted, err := d.Post(ctx, "/visits/"+text(v, "id")+"/admit", nil)
		if refusedAs(err, "off-duty") {
			d.onDuty = false
			break
		}
		if d.refused("admit", err) != nil {
			return 5 * time.Second, err
		}
		if err != nil {
			continue // another doctor was faster, or its time has not come
		}
		d.enter(admitted.Body)
		break
	}
	return 6 * time.Second, nil
}

// answers tells pharmacists who ask that what was written is meant so.
func (d *doctor) answers(ctx context.Context) error {
	owed, err := d.Get(ctx, "/duty/questions")
	if err != nil {
		return err
	}
	for _, f := range items(owed) {
		questions, _ := f["questions"].([]any)
		for _, one := range questions {
			q, _ := one.(JSON)
			if text(q, "owes") != "doctor" || text(q, "answer") != "" || !d.waited(text(q, "asked_at"), grace) {
				continue
			}
			_, err := d.Post(ctx, "/fills/"+text(f, "id")+"/questions/"+text(q, "id")+"/answer", JSON{"decision": "confirmed", "text": "As written."})
			if d.refused("answer", err) != nil {
				return err
			}
		}
	}
	return nil
}

func (d *doctor) enter(v JSON) {
	d.visit, d.there, d.signed, d.tries = text(v, "id"), time.Time{}, false, 0
}

// resume finds the visit that was in the room when the demo was last stopped.
func (d *doctor) resume(ctx context.Context) error {
	mine, err := d.Get(ctx, "/visits")
	if err != nil {
		return err
	}
	for _, v := range items(mine) {
		if text(v, "state") == "in_progress" {
			d.enter(v)
		}
	}
	return nil
}

// inRoom goes on with the visit once the patient's side has taken a seat.
func (d *doctor) inRoom(ctx context.Context) error {
	a, err := d.Get(ctx, "/visits/"+d.visit)
	if err != nil {
		return err
	}
	if a.Text("state") != "in_progress" || a.Text("doctor") != string(d.who.account) {
		d.visit = ""
		return nil
	}
	if a.At("there") != true {
		return nil // the service calls again, and ends what nobody comes to
	}
	if d.there.IsZero() {
		d.there = d.clock.Now()
	}
	if d.clock.Now().Sub(d.there) < listens {
		return nil
	}
	return d.treat(ctx, a.Body)
}

func (d *doctor) treat(ctx context.Context, visit JSON) error {
	intake, err := d.Get(ctx, "/intakes/"+text(visit, "intake"))
	if err != nil {
		return err
	}
	if err := d.qualify(ctx, text(visit, "intake"), intake); err != nil {
		return err
	}
	born, _ := time.Parse(time.DateOnly, text(visit, "born"))
	child := d.clock.Now().AddDate(-12, 0, 0).Before(born)
	plan := remedyFor(intake.Text("complaint"), child)
	if err := d.note(ctx, plan); err != nil {
		return err
	}
	if !d.signed && d.tries < 3 {
		d.tries++
		if err := d.prescribe(ctx, plan); err != nil {
			return err
		}
		d.signed = true
	}
	return d.complete(ctx)
}

// qualify ticks that an earlier diagnosis qualifies, where one was shown and nobody has said so.
func (d *doctor) qualify(ctx context.Context, id string, intake Answer) error {
	if intake.At("earlier_diagnosis") == nil || intake.Text("earlier_diagnosis.verdict") != "" {
		return nil
	}
	_, err := d.Post(ctx, "/intakes/"+id+"/earlier-diagnosis/verdict", JSON{"verdict": "qualifies"})
	return err
}

func (d *doctor) note(ctx context.Context, plan remedy) error {
	etag := "*"
	if a, err := d.Get(ctx, "/visits/"+d.visit+"/note"); err == nil && a.ETag != "" {
		etag = a.ETag
	}
	_, err := d.Edit(ctx, http.MethodPatch, "/visits/"+d.visit+"/note", etag, JSON{
		"subjective": "As told in the intake and in the call.",
		"assessment": plan.assessment, "plan": plan.advice, "summary": plan.advice, "diagnoses": []JSON{{"code": plan.code}},
	})
	return err
}

// prescribe tries what suits the complaint, in order. A warning gets its reason; a hard stop, and
// what the formulary does not have, leads to the next; where all are stopped there is no medicine.
func (d *doctor) prescribe(ctx context.Context, plan remedy) error {
	for _, item := range plan.items {
		draft := JSON{"items": []JSON{item}}
		path := "/visits/" + d.visit + "/prescriptions"
		seen, err := d.Post(ctx, path+"/preview", draft)
		if err != nil {
			if s := StatusOf(err); s == http.StatusUnprocessableEntity || s == http.StatusConflict {
				continue
			}
			return err
		}
		reasons, stopped := answers(seen)
		if stopped {
			continue
		}
		if len(reasons) > 0 {
			draft["reasons"] = reasons
		}
		rx, err := d.Post(ctx, path, draft)
		if err != nil {
			return err
		}
		return d.sign(ctx, rx.Text("id"))
	}
	return nil
}

// answers gives each warning its reason; stopped when there is one that nobody may override.
func answers(seen Answer) (reasons []JSON, stopped bool) {
	findings, _ := seen.At("findings").([]any)
	for _, one := range findings {
		f, _ := one.(JSON)
		switch text(f, "severity") {
		case "hard_stop":
			return nil, true
		case "warning":
			reasons = append(reasons, JSON{"finding": text(f, "id"), "words": "Asked about in the call; short course, to be watched."})
		}
	}
	return reasons, false
}

func (d *doctor) sign(ctx context.Context, rx string) error {
	challenge, err := d.Post(ctx, "/signings", JSON{"prescriptions": []string{rx}})
	if err != nil {
		return err
	}
	for range 2 {
		var code string
		if code, err = d.auth.code(ctx); err != nil {
			return err
		}
		if _, err = d.Post(ctx, "/signings/"+challenge.Text("id")+"/confirm", JSON{"code": code}); err == nil {
			return nil
		}
	}
	return fmt.Errorf("sign: %w", err)
}

func (d *doctor) complete(ctx context.Context) error {
	_, err := d.Post(ctx, "/visits/"+d.visit+"/complete", nil)
	if refusedAs(err, "guardian-needed") {
		if _, err := d.Post(ctx, "/visits/"+d.visit+"/guardian", nil); err != nil {
			return err
		}
		_, err = d.Post(ctx, "/visits/"+d.visit+"/complete", nil)
	}
	if err == nil {
		d.visit = ""
	}
	return err
}

package httpapi_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/blob"
	"housecall/internal/clock"
	"housecall/internal/consult"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/geo"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/policies"
)

// practice is what intake and consult ask of others, answered by hand.
type practice struct {
	files   *blob.Folder
	intakes *intake.Service
	visits  *consult.Service
}

func (*practice) At(context.Context, geo.Point) (intake.Place, bool, error) {
	return intake.Place{Zone: "zone_a", Jurisdiction: "house", EmergencyNumber: "120", Currency: "CNY", TimeZone: "Asia/Shanghai"}, true, nil
}

func (*practice) About(context.Context, access.Actor, id.Patient) (intake.Person, error) {
	return intake.Person{Born: "1980-01-02", Sex: "female", Language: "en"}, nil
}

func (p *practice) Treats(ctx context.Context, doctor id.Account, patient id.Patient) (bool, error) {
	return p.visits.Treats(ctx, doctor, patient)
}

func (p *practice) SignPut(ctx context.Context, key, kind string, size int64, ttl time.Duration) (string, error) {
	return p.files.SignPut(ctx, key, kind, size, ttl)
}

func (p *practice) SignGet(ctx context.Context, key, name string, ttl time.Duration) (string, error) {
	return p.files.SignGet(ctx, key, name, ttl)
}

func (p *practice) Settle(ctx context.Context, quarantine, key string, types []string) (string, int64, error) {
	info, err := p.files.Settle(ctx, quarantine, key, types)
	return info.Type, info.Size, err
}

func (p *practice) Delete(ctx context.Context, key string) error { return p.files.Delete(ctx, key) }

func (p *practice) Asked(ctx context.Context, a access.Actor, in id.Intake) (consult.Asked, error) {
	i, err := p.intakes.Intake(ctx, a, in)
	if err != nil {
		return consult.Asked{}, err
	}
	out := consult.Asked{
		Patient: i.Patient, Submitted: i.State == intake.Submitted, Born: i.Born, Specialty: i.Specialty, Language: i.Language,
		Complaint: i.Complaint, CallBack: i.CallBack,
	}
	if i.Place != nil {
		out.Jurisdiction, out.EmergencyNumber, out.TimeZone, out.Currency = i.Place.Jurisdiction, i.Place.EmergencyNumber, i.Place.TimeZone, i.Place.Currency
	}
	return out, nil
}

func (*practice) Standing(context.Context, id.Account) (consult.Standing, error) {
	return consult.Standing{Active: true, Specialties: []string{"general"}, Languages: []string{"en"}, Jurisdictions: []string{"house"}}, nil
}

func (*practice) OpenGuestSession(context.Context, id.Visit, time.Time) (string, id.Session, error) {
	return "gus", "ses_guest", nil
}

// newPractice is intake and consult behind HTTP.
func newPractice(t *testing.T) (*counter, *practice) {
	t.Helper()
	dir, ctx := scratch.Folder(t), t.Context()
	must(t, os.Mkdir(dir+"/files", 0o700))
	store, err := sqlite.Open(ctx, dir+"/x.db")
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	kept := &witness{Store: store}
	rules, err := access.NewRules(policies.Model, policies.Rules)
	must(t, err)
	clk, p, secret := clock.NewFake(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)), &practice{}, []byte(strings.Repeat("s", 32))
	guard := access.NewGuard(rules, noGrants{}, noGrants{})
	p.files, err = blob.New(dir+"/files", secret, clk, "http://localhost")
	must(t, err)
	p.intakes, err = intake.New(ctx, intake.Deps{
		Store: kept, Clock: clk, Guard: guard, Places: p, Rules: intake.HouseRules{}, People: p, Files: p, Care: p,
		Consent: "2026-11", Outside: intake.Place{Jurisdiction: "house", EmergencyNumber: "112", Currency: "CNY", TimeZone: "UTC"},
	})
	must(t, err)
	codes, err := consult.DemoCodes()
	must(t, err)
	p.visits, err = consult.New(ctx, consult.Deps{
		Store: kept, Clock: clk, Guard: guard, Intakes: p, Vetting: p, Fees: consult.Schedule{Otherwise: 4900},
		Rules: consult.HouseRules{}, Guests: p, Codes: codes, Files: p, Secret: secret,
	})
	must(t, err)
	people := tokens{
		"dan": {Account: "acc_dan", Role: access.Doctor}, "eve": {Account: "acc_eve", Role: access.Doctor},
		"ann": {Account: "acc_ann", Role: access.Patient, Patient: "pat_ann"}, "bob": {Account: "acc_bob", Role: access.Patient, Patient: "pat_bob"},
	}
	return &counter{t: t, server: watched(t, httpapi.New(httpapi.Deps{
		Auth: people, Guard: guard, Clock: clk, Log: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry(), Timeout: 5 * time.Second, Ready: func(context.Context) map[string]string { return nil },
	},
		httpapi.Intakes(p.intakes), httpapi.Attachments(p.intakes), httpapi.HealthRecord(p.intakes), httpapi.Visits(p.visits), httpapi.Calls(p.visits, here{}),
		httpapi.Queue(p.visits), httpapi.Slots(p.visits), httpapi.Notes(p.visits), httpapi.Threads(p.visits)), kept)}, p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// toldNo is an intake's body that answers every question of the list with no.
func toldNo(intake map[string]any) string {
	answers := []string{}
	for _, q := range intake["questions"].([]any) {
		answers = append(answers, `"`+q.(map[string]any)["id"].(string)+`":"no"`)
	}
	return `{"where":{"lat":31.2,"lon":121.4},"call_back":"+86 10 5555 0100","consent":"2026-11","answers":{` + strings.Join(answers, ",") + `},
		"health":{"allergies":[{"code":"penicillin","reaction":"immediate"}],"none":["medicine"]}}`
}

// edit sends a change on the version that is named.
func (c *counter) edit(who, method, path, match, body string, want int) string {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, httpapi.Base+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+who)
	r.Header.Set("Content-Type", "application/json")
	set(r, "If-Match", match, match)
	w := answered(c.t, c.server, r)
	if w.Code != want {
		c.t.Fatalf("%s %s = %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	return w.Body.String()
}

// queued is ann's visit in the queue, its fee held.
func (c *counter) queued(p *practice) string {
	c.t.Helper()
	i := c.ask("ann", "POST", "/intakes", `{"patient":"pat_ann"}`, 201)
	path := "/intakes/" + i["id"].(string)
	c.edit("ann", "PATCH", path, `"1"`, `{"complaint":"cough"}`, 200)
	c.edit("ann", "PATCH", path, `"2"`, toldNo(c.ask("ann", "GET", path, "", 200)), 200)
	c.ask("ann", "POST", path+"/submit", "", 200)
	wish := `"intake":"` + i["id"].(string) + `"`
	offer := c.ask("ann", "POST", "/visits/offer", `{`+wish+`}`, 200)
	if offer["terms"].(map[string]any)["fee"].(map[string]any)["minor"] != 4900.0 {
		c.t.Errorf("offer = %v", offer)
	}
	visit := c.ask("ann", "POST", "/visits", `{`+wish+`,"agreed":{"minor":4900,"currency":"CNY"},"method":"card_ok"}`, 201)["id"].(string)
	must(c.t, p.visits.FeeHeld(c.t.Context(), access.Part("journey", id.Request{}), id.Visit(visit), "pay_1"))
	return visit
}

func TestAPatientIsSeenFromIntakeToQuestionOverHTTP(t *testing.T) {
	t.Parallel()
	c, p := newPractice(t)
	visit := c.queued(p)
	path := "/visits/" + visit

	c.ask("dan", "POST", "/duty/on", "", 200)
	wait := c.ask("ann", "GET", path+"/wait", "", 200)
	c.ask("ann", "POST", path+"/here", "", 200)
	queue := c.ask("dan", "GET", "/queue", "", 200)
	admitted := c.ask("dan", "POST", "/queue/next", "", 200)
	told := c.ask("dan", "GET", "/intakes/"+admitted["intake"].(string), "", 200)
	record := c.ask("dan", "GET", "/patients/pat_ann/health-record", "", 200)
	ticket := c.ask("ann", "POST", path+"/ticket", "", 200)
	c.edit("dan", "PATCH", path+"/note", "*", `{"assessment":"A cold.","diagnoses":[{"code":"J00","words":"mild"}],"sick_note":{"from":"2026-11-23","until":"2026-11-24"}}`, 200)
	number := c.ask("dan", "POST", path+"/call-back", "", 200)
	c.ask("dan", "POST", path+"/complete", "", 200)
	note := c.ask("ann", "GET", path+"/note", "", 200)
	thread := c.ask("ann", "POST", path+"/questions", `{"text":"May I swim?"}`, 201)
	item := thread["items"].([]any)[0].(map[string]any)["id"].(string)
	answered := c.ask("dan", "POST", path+"/thread/"+item+"/answer", `{"text":"Yes."}`, 201)

	if wait["known"] != true || wait["position"] != 1.0 || len(queue["items"].([]any)) != 1 || admitted["id"] != visit {
		t.Errorf("wait %v, queue %v", wait, queue)
	}
	if _, shown := told["call_back"]; shown || number["number"] != "+86 10 5555 0100" {
		t.Errorf("the number stands in the intake, or not in the answer %v", number)
	}
	if len(record["facts"].([]any)) != 1 || record["none"].(map[string]any)["medicine"] != true {
		t.Errorf("record = %v", record)
	}
	if ticket["role"] != "patient" || ticket["token"] == "" {
		t.Errorf("ticket = %v", ticket)
	}
	if note["assessment"] != "A cold." || note["diagnoses"].([]any)[0].(map[string]any)["title"] != "Acute nasopharyngitis [common cold]" {
		t.Errorf("note = %v", note)
	}
	if len(answered["items"].([]any)) != 2 {
		t.Errorf("thread = %v", answered)
	}
}

func TestATimeIsBookedAndKeptInACalendarOverHTTP(t *testing.T) {
	t.Parallel()
	c, p := newPractice(t)
	visit := c.queued(p)
	c.edit("dan", "PUT", "/doctors/acc_dan/hours", "*", `{"name":"Dr Dan","time_zone":"Asia/Shanghai","weekly":[{"day":2,"from":"09:00","until":"10:00"}],"exceptions":[]}`, 200)
	c.edit("eve", "PUT", "/doctors/acc_dan/hours", "*", `{"name":"Dr Eve","time_zone":"UTC","weekly":[],"exceptions":[]}`, 404)

	slots := c.ask("ann", "GET", "/slots?specialty=general&language=en&jurisdiction=house", "", 200)["items"].([]any)
	first := slots[0].(map[string]any)
	moved := c.ask("ann", "POST", "/visits/"+visit+"/move", `{"doctor":"acc_dan","start":"`+first["start"].(string)+`"}`, 200)
	r := httptest.NewRequestWithContext(t.Context(), "GET", httpapi.Base+"/visits/"+visit+"/calendar", nil)
	r.Header.Set("Authorization", "Bearer ann")
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)

	if len(slots) != 4 || moved["state"] != "booked" || moved["doctor"] != "acc_dan" {
		t.Errorf("%d slots, moved to %v", len(slots), moved)
	}
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/calendar") || !strings.HasPrefix(w.Body.String(), "BEGIN:VCALENDAR\r\n") {
		t.Errorf("calendar = %s %s", w.Header().Get("Content-Type"), w.Body)
	}
}

func TestOthersSeeNothingOfAnIntakeOrAVisitOverHTTP(t *testing.T) {
	t.Parallel()
	c, p := newPractice(t)
	visit := c.queued(p)
	in := c.ask("ann", "GET", "/visits/"+visit, "", 200)["intake"].(string)

	for _, path := range []string{
		"/intakes/" + in, "/patients/pat_ann/intakes", "/patients/pat_ann/health-record", "/visits/" + visit,
		"/patients/pat_ann/visits", "/visits/" + visit + "/wait", "/visits/" + visit + "/note", "/visits/" + visit + "/thread",
	} {
		c.ask("bob", "GET", path, "", 404)
		c.ask("eve", "GET", path, "", 404)
	}
	c.ask("bob", "POST", "/intakes", `{"patient":"pat_ann"}`, 404)
	c.ask("bob", "POST", "/visits/"+visit+"/cancel", `{"reason":"other"}`, 404)
	c.ask("bob", "POST", "/visits/"+visit+"/ticket", "", 404)
	c.ask("bob", "GET", "/queue", "", 403)
	c.ask("ann", "POST", "/visits/"+visit+"/complete", "", 403)
	c.ask("eve", "POST", "/visits/"+visit+"/complete", "", 404)
	c.ask("ann", "GET", "/visits/vis_none", "", 404)
}

func TestBadIntakesAndVisitsAreRefusedWithAPointerOverHTTP(t *testing.T) {
	t.Parallel()
	c, p := newPractice(t)
	i := "/intakes/" + c.ask("ann", "POST", "/intakes", `{"patient":"pat_ann"}`, 201)["id"].(string)
	visit := "/visits/" + c.queued(p)
	edits := []struct {
		name, match, body string
		status            int
		has               string
	}{
		{"no version", "", `{"words":"x"}`, 428, "If-Match"},
		{"another version", `"7"`, `{"words":"x"}`, 412, ""},
		{"an unknown field", `"1"`, `{"moods":"x"}`, 422, ""},
		{"an unknown unit of the list", `"1"`, `{"vitals":[{"kind":"temperature","value":"38","unit":"Kelvin"}]}`, 422, "/vitals/0"},
		{"a kind nobody measures", `"1"`, `{"vitals":[{"kind":"mood","value":"38","unit":"Cel"}]}`, 422, "kind"},
		{"an old consent", `"1"`, `{"consent":"2020"}`, 422, "/consent"},
		{"no JSON", `"1"`, `{"words":`, 400, ""},
		{"a place off the earth", `"1"`, `{"where":{"lat":91,"lon":0}}`, 422, "/where"},
	}
	for _, tt := range edits {
		if body := c.edit("ann", "PATCH", i, tt.match, tt.body, tt.status); !strings.Contains(body, tt.has) {
			t.Errorf("%s: %s lacks %q", tt.name, body, tt.has)
		}
	}
	c.ask("ann", "POST", i+"/submit", "", 422)
	c.ask("ann", "POST", i+"/attachments", `{"name":"x.exe","type":"application/octet-stream","size":10}`, 415)
	c.ask("ann", "POST", i+"/attachments", `{"name":"x.pdf","type":"application/pdf","size":99999999}`, 413)
	c.ask("ann", "POST", visit+"/ticket", "", 409)
	c.ask("ann", "POST", visit+"/cancel", `{"reason":"because"}`, 422)
	c.ask("ann", "POST", "/visits", `{"intake":"itk_none","agreed":{"minor":4900,"currency":"CNY"}}`, 404)
	c.ask("ann", "GET", "/patients/pat_ann/visits?cursor=nowhere", "", 422)
	c.ask("dan", "GET", "/visits?cursor=nowhere", "", 422)
	c.ask("dan", "POST", visit+"/admit", "", 409)
	c.ask("dan", "GET", "/slots?specialty=general", "", 422)
	c.ask("ann", "POST", "/guests/exchange", `{"token":"vis_none.guess"}`, 404)
}

func TestARedFlagIsAnsweredWithTheEmergencyNumberOverHTTP(t *testing.T) {
	t.Parallel()
	c, _ := newPractice(t)
	i := "/intakes/" + c.ask("ann", "POST", "/intakes", `{"patient":"pat_ann"}`, 201)["id"].(string)
	c.edit("ann", "PATCH", i, `"1"`, `{"where":{"lat":31.2,"lon":121.4},"complaint":"chest_pain","answers":{"R036":"yes"}}`, 200)

	stopped := c.ask("ann", "POST", i+"/submit", "", 200)
	refused := c.ask("ann", "POST", "/visits/offer", `{"intake":"`+stopped["id"].(string)+`"}`, 409)

	alert := stopped["alerts"].([]any)[0].(map[string]any)
	if stopped["state"] != "stopped" || stopped["emergency_number"] != "120" || alert["id"] != "R036" || alert["urgency"] != "call_emergency_now" {
		t.Errorf("stopped as %v with %v", stopped["state"], alert)
	}
	if refused["status"] != 409.0 {
		t.Errorf("refused = %v", refused)
	}
}

// here has every room on one node, without a relay.
type here struct{}

func (here) Way(_ context.Context, room, _ string) (httpapi.CallWay, error) {
	return httpapi.CallWay{URL: "ws://here/" + room}, nil
}

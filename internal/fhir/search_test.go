package fhir_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/fault"
	"housecall/internal/fhir"
	"housecall/internal/id"
)

const server = "https://care.example/fhir"

func found(t *testing.T, of fhir.Type, query string) (fhir.Bundle, []map[string]any) {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fhir.Find(held(), of, q, server, noon)
	if err != nil {
		t.Fatalf("%s?%s: %v", of, query, err)
	}
	_, all := parsed(t, b)
	return b, all
}

func TestASearchFindsWhatFitsAllThatWasSaid(t *testing.T) {
	t.Parallel()
	icd, clinical := "http://hl7.org/fhir/sid/icd-10|", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical|"
	tests := []struct {
		of    fhir.Type
		query string
		want  int
	}{
		{fhir.OfPatient, "_id=pat-1", 1},
		{fhir.OfPatient, "identifier=urn:housecall:id|pat_1", 1},
		{fhir.OfAllergyIntolerance, "patient=pat-1", 2},
		{fhir.OfAllergyIntolerance, "patient=Patient/pat-1&clinical-status=active", 1},
		{fhir.OfAllergyIntolerance, "patient=" + server + "/Patient/pat-1&clinical-status=" + clinical + "inactive", 1},
		{fhir.OfAllergyIntolerance, "patient=pat-1&clinical-status=active,inactive", 2},
		{fhir.OfAllergyIntolerance, "patient=pat-1&clinical-status=other|active", 0},
		{fhir.OfAllergyIntolerance, "patient=pat-1&code=urn:housecall:list|penicillin", 1},
		{fhir.OfAllergyIntolerance, "patient=pat-1&date=2026-11-22", 2},
		{fhir.OfCondition, "patient=pat-1", 2},
		{fhir.OfCondition, "patient=pat-1&category=encounter-diagnosis", 1},
		{fhir.OfCondition, "patient=pat-1&code=" + icd + "J02.9", 1},
		{fhir.OfCondition, "patient=pat-1&code=" + icd, 1},
		{fhir.OfCondition, "patient=pat-1&encounter=Encounter/vis-1", 1},
		{fhir.OfCondition, "patient=pat-1&recorded-date=ge2026-11-22T12:00:00Z", 1},
		{fhir.OfMedicationStatement, "subject=pat-1&status=active", 1},
		{fhir.OfObservation, "patient=pat-1&code=http://loinc.org|29463-7", 1},
		{fhir.OfObservation, "patient=pat-1&date=ge2026-11&date=lt2026-12", 2},
		{fhir.OfObservation, "patient=pat-1&date=gt2026-11-22", 0},
		{fhir.OfObservation, "patient=pat-1&date=le2025", 0},
		{fhir.OfEncounter, "patient=pat-1&status=finished&date=2026-11-22&class=VR", 1},
		{fhir.OfEncounter, "patient=pat-1&status=planned", 0},
		{fhir.OfDocumentReference, "patient=pat-1&encounter=vis-1", 1},
		{fhir.OfMedicationRequest, "patient=pat-1&status=active&authoredon=2026-11-22&intent=order", 1},
		{fhir.OfMedicationRequest, "patient=pat-1&code=urn:housecall:formulary|paracetamol/tablet/500mg&_format=json", 1},
		{fhir.OfMedicationRequest, "patient=pat-2", 0},
	}
	for _, tt := range tests {
		b, all := found(t, tt.of, tt.query)
		if len(all) != tt.want || *b.Total != tt.want || b.Type != "searchset" {
			t.Errorf("%s?%s: %d of %d in a %s, want %d", tt.of, tt.query, len(all), *b.Total, b.Type, tt.want)
		}
		for _, r := range all {
			if r["resourceType"] != string(tt.of) || !strings.HasPrefix(r["fullUrl"].(string), server+"/"+string(tt.of)+"/") {
				t.Errorf("%s?%s found a %s at %s", tt.of, tt.query, r["resourceType"], r["fullUrl"])
			}
		}
	}
}

func TestASearchIsReadPageByPage(t *testing.T) {
	t.Parallel()
	first, one := found(t, fhir.OfObservation, "patient=pat-1&_count=1")
	if len(one) != 1 || *first.Total != 2 || len(first.Link) != 2 || first.Link[1].Relation != "next" {
		t.Fatalf("the first page has %d of %d and the links %v", len(one), *first.Total, first.Link)
	}
	next, err := url.Parse(first.Link[1].URL)
	if err != nil {
		t.Fatal(err)
	}
	second, two := found(t, fhir.OfObservation, next.RawQuery)
	if len(two) != 1 || one[0]["id"] == two[0]["id"] || len(second.Link) != 1 {
		t.Errorf("the second page has %v and the links %v", two, second.Link)
	}
	past, none := found(t, fhir.OfObservation, "patient=pat-1&_offset=99")
	if len(none) != 0 || len(past.Link) != 1 {
		t.Errorf("past the end: %v %v", none, past.Link)
	}
}

func TestASearchThatIsNotUnderstoodIsRefusedAndNotAnsweredWithMore(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"patient=pat-1&colour=red", "patient=pat-1&status=final&_sort=date", "patient=pat-1&date=yesterday", "patient=pat-1&date=ne2026", "patient=pat-1&date=",
		"patient=pat-1&_count=0", "patient=pat-1&_count=201", "patient=pat-1&_count=many", "patient=pat-1&_offset=-1", "patient=pat-1&_format=xml",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fhir.Find(held(), fhir.OfObservation, q, server, noon); !fault.Is(err, fault.Malformed) {
			t.Errorf("Observation?%s: %v, want a refusal", query, err)
		}
	}
}

func TestASearchSaysWhose(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"patient=pat-1": "pat_1", "subject=Patient/pat-1": "pat_1", "patient=pat-1&subject=Patient/pat-1": "pat_1", "patient=pat_1": "pat_1",
		"": "", "status=final": "", "patient=": "", "patient=pat-1,pat-2": "", "patient=pat-1&patient=pat-2": "", "patient=pat-1&subject=pat-2": "", "patient=vis-1": "", "patient=../x": "",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := fhir.Whose(fhir.OfObservation, q)
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("Observation?%s is of %q (%v), want %q", query, got, err, want)
		}
	}
}

func TestEveryResourceIsReadByItsIdWhichTellsWhoKeepsIt(t *testing.T) {
	t.Parallel()
	read := map[fhir.Type]bool{}
	for _, e := range fhir.All(held(), server, noon).Entry {
		of, rid, _ := strings.Cut(strings.TrimPrefix(e.FullURL, server+"/"), "/")
		read[fhir.Type(of)] = true
		from, err := fhir.SourceOf(fhir.Type(of), rid)
		if err != nil || from.Patient != "pat_1" && from.Visit != "vis_1" && from.Prescription != "rx_1" {
			t.Errorf("%s/%s is kept in %+v (%v)", of, rid, from, err)
		}
		one, err := fhir.Read(held(), fhir.Type(of), rid, server, noon)
		if diff := cmp.Diff(e.Resource, one); err != nil || diff != "" {
			t.Errorf("%s/%s: %s (%v)", of, rid, diff, err)
		}
		if _, err := fhir.Read(held(), fhir.Type(of), rid+"-9", server, noon); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s/%s-9: %v, want nothing", of, rid, err)
		}
	}
	for _, of := range fhir.Types() {
		if !read[of] {
			t.Errorf("no %s was read", of)
		}
		for _, rid := range []string{"", "-", "x", "pat", "acc-1", "../x", strings.Repeat("9", 200)} {
			if s, err := fhir.SourceOf(of, rid); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s/%s is kept in %+v (%v), want nowhere", of, rid, s, err)
			}
		}
	}
}

func TestAServerSaysWhatItServesAndServesThat(t *testing.T) {
	t.Parallel()
	c := fhir.Capabilities(server)
	if len(c.Rest[0].Resource) != len(fhir.Types()) || c.FHIRVersion != "4.0.1" || c.Implementation.URL != server {
		t.Fatalf("the server says %+v", c)
	}
	for _, r := range c.Rest[0].Resource {
		for _, p := range r.SearchParam {
			q := url.Values{p.Name: {map[string]string{"date": "ge2000"}[string(p.Type)]}}
			if p.Type != "date" {
				q.Set(p.Name, "nothing-like-it")
			}
			b, err := fhir.Find(held(), r.Type, q, server, noon)
			if want := map[bool]int{true: 1}[p.Type == "date"]; err != nil || min(*b.Total, 1) != want {
				t.Errorf("%s?%s finds %+v (%v)", r.Type, q.Encode(), b.Total, err)
			}
		}
	}
}

func TestAnIdOfOursFitsIntoFHIRWhateverAFactIsCalled(t *testing.T) {
	t.Parallel()
	h := held()
	h.Person.ID = id.New[id.Patient]()
	h.Record.Facts[0].ID = "fact_t" + strings.Repeat("9", 60)
	for _, e := range fhir.All(h, server, noon).Entry {
		if rid := e.FullURL[strings.LastIndexByte(e.FullURL, '/')+1:]; len(rid) > 64 || strings.Trim(rid, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%s is no id of FHIR", e.FullURL)
		}
	}
}

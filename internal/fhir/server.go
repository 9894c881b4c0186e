package fhir

import (
	"maps"
	"slices"
)

// Capability is what a server of these resources can do, for other systems to read.
type Capability struct {
	ResourceType   string         `json:"resourceType"`
	Status         string         `json:"status"`
	Date           string         `json:"date"`
	Kind           string         `json:"kind"`
	Implementation Implementation `json:"implementation"`
	FHIRVersion    string         `json:"fhirVersion"`
	Format         []string       `json:"format"`
	Rest           []Rest         `json:"rest"`
}

type (
	// Implementation is this very server.
	Implementation struct {
		Description string `json:"description"`
		URL         string `json:"url"`
	}
	// Rest is what it does over HTTP.
	Rest struct {
		Mode     string   `json:"mode"`
		Security Security `json:"security"`
		Resource []Served `json:"resource"`
	}
	// Security tells how to ask as somebody.
	Security struct {
		Description string `json:"description"`
	}
	// Served is a type with how it can be asked for.
	Served struct {
		Type        Type          `json:"type"`
		Interaction []Interaction `json:"interaction"`
		SearchParam []Param       `json:"searchParam"`
		Operation   []Operation   `json:"operation,omitempty"`
	}
	// Interaction is one way to ask.
	Interaction struct {
		Code string `json:"code"`
	}
	// Param is what a type can be searched by.
	Param struct {
		Name string `json:"name"`
		Type form   `json:"type"`
	}
	// Operation is a question that FHIR has a name for.
	Operation struct {
		Name       string `json:"name"`
		Definition string `json:"definition"`
	}
)

// Capabilities of the server at an address.
func Capabilities(server string) Capability {
	c := Capability{
		ResourceType: "CapabilityStatement", Status: "active", Date: "2026-11-27", Kind: "instance", FHIRVersion: "4.0.1", Format: []string{"json"},
		Implementation: Implementation{"housecall: records of visits from home and of the medicines they prescribed", server},
	}
	rest := Rest{Mode: "server", Security: Security{"A session's token as Bearer. Everybody reads what they may read elsewhere, and the audit has it."}}
	for _, of := range Types() {
		s := Served{Type: of, Interaction: []Interaction{{"read"}, {"search-type"}}}
		for _, name := range slices.Sorted(maps.Keys(searched[of])) {
			s.SearchParam = append(s.SearchParam, Param{name, searched[of][name]})
		}
		if of == OfPatient {
			s.Operation = []Operation{{"everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything"}}
		}
		rest.Resource = append(rest.Resource, s)
	}
	c.Rest = []Rest{rest}
	return c
}

// Outcome is a refusal.
type Outcome struct {
	ResourceType string  `json:"resourceType"`
	Issue        []Issue `json:"issue"`
}

// Issue is what was wrong.
type Issue struct {
	Severity    string `json:"severity"`
	Code        string `json:"code"`
	Diagnostics string `json:"diagnostics"`
}

// Refusal says in FHIR what a status of HTTP says.
func Refusal(status int, words string) Outcome {
	code, known := issueCodes[status]
	if !known {
		code = "exception"
	}
	return Outcome{"OperationOutcome", []Issue{{"error", code, words}}}
}

var issueCodes = map[int]string{
	400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 409: "conflict", 422: "invalid", 429: "throttled", 503: "transient",
}

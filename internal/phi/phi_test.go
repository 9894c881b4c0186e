package phi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"housecall/internal/phi"
)

const marked = "Ann Marker"

func TestTextPrintsUnderNoVerb(t *testing.T) {
	t.Parallel()
	text := phi.Text(marked)
	inside := struct {
		Name  phi.Text
		Names []phi.Text
		ByID  map[string]phi.Text
		At    *phi.Text
	}{text, []phi.Text{text}, map[string]phi.Text{"pat_1": text}, &text}

	// %p, and %w outside Errorf, are errors of go vet.
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3s", "%o", "%c", "%U", "%z"} {
		for _, value := range []any{text, inside, []any{text}, fmt.Errorf("patient %v", text)} {
			if got := fmt.Sprintf(verb, value); shows(got) {
				t.Errorf("%s of a %T prints %s", verb, value, got)
			}
		}
	}
	if got := fmt.Sprint(text) + fmt.Sprintln(text) + text.String() + text.GoString(); shows(got) {
		t.Errorf("prints %s", got)
	}
	if err := fmt.Errorf("load: %w", errors.Join(fmt.Errorf("patient %s", text))); shows(err.Error()) {
		t.Errorf("an error says %s", err)
	}
}

func TestTextIsLoggedByNoHandler(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).With("patient", phi.Text(marked)).Info("read", "name", phi.Text(marked), slog.Group("g", "x", phi.Text(marked)))
	}

	if got := out.String(); shows(got) || strings.Count(got, "[phi]") != 6 {
		t.Errorf("logged %s", got)
	}
}

func TestTextIsStoredAndAnsweredPlainly(t *testing.T) {
	t.Parallel()
	written, err := json.Marshal(phi.Text(marked))
	if err != nil {
		t.Fatal(err)
	}
	var read phi.Text
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}

	if string(written) != `"`+marked+`"` || read.Reveal() != marked {
		t.Errorf("wrote %s, read %s", written, read.Reveal())
	}
}

// shows looks for the marked name in text, hexadecimal and pieces.
func shows(s string) bool {
	hex := fmt.Sprintf("%x", marked)
	return strings.Contains(s, "Ann") || strings.Contains(s, "Marker") || strings.Contains(strings.ToLower(s), hex[:8])
}

package mongo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bodies are texts that are kept, and what of them is difficult.
var bodies = []string{
	`{}`,
	` { "a" : [ ] , "b" : [ 1 , { } , null ] , "c" : { "d" : -0.5 } } `,
	`{"big":9223372036854775807,"small":-9223372036854775808,"minus zero":-0,"huge":1e+21,"tiny":5e-324}`,
	`{"text":"\u003cb\u003e \"quoted\" \\ \/ \n \u0000 \ud83d\ude00 病历 ` + "\u2028" + `","":"no name","twice":1,"twice":2}`,
	`{"list":[[],[[]],{"0":true},"` + strings.Repeat("x", 300) + `",false,1,2,3,4,5,6,7,8]}`,
	"{\"broken\":\"\xff\xc0\"}",
}

func FuzzBodyThatIsKeptReadsAsItWasWritten(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kept, err := toBSON(body)
		if err != nil {
			return
		}
		if err := kept.Validate(); err != nil {
			t.Fatalf("%q is no BSON: %v", body, err)
		}

		got, err := toJSON(kept)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tokens(t, body), tokens(t, got)); diff != "" {
			t.Errorf("%q read as %q: %s", body, got, diff)
		}
	})
}

// tokens are what a text says, in order.
func tokens(t *testing.T, body []byte) (all []json.Token) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, token)
	}
}

func TestBodyThatCouldNotBeReadBackIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{`, `[1]`, `"a"`, `null`, `{"a":1}{}`, `{"a":}`, `{"a" 1}`, `{"a\u0000b":1}`, `{"n":18446744073709551615}`, `{"n":1e999}`, `{"n":1.0}`} {
		if kept, err := toBSON([]byte(body)); err == nil {
			t.Errorf("%s is kept as %v", body, kept)
		}
	}
}

func TestDocumentThatWasCutOffIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range bodies {
		kept, err := toBSON([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		for n := range kept {
			if got, err := toJSON(kept[:n]); err == nil {
				t.Errorf("the first %d bytes of %s read as %s", n, body, got)
			}
		}
	}
}

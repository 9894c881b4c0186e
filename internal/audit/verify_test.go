package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"housecall/internal/audit"
	"housecall/internal/docstore"
)

// tamper changes a stored document as somebody would who holds the database file.
func tamper(t *testing.T, store docstore.Store, collection, doc string, change func([]byte) []byte) {
	t.Helper()
	r, err := store.Get(t.Context(), collection, doc)
	if err != nil {
		t.Fatal(err)
	}
	r.Body, r.Version = change(r.Body), r.Version+1
	if err := store.Replace(t.Context(), collection, r); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, store docstore.Store, collection, doc string) {
	t.Helper()
	r, err := store.Get(t.Context(), collection, doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), collection, doc, r.Version); err != nil {
		t.Fatal(err)
	}
}

func body(t *testing.T, store docstore.Store, doc string) []byte {
	t.Helper()
	r, err := store.Get(t.Context(), "audit_blocks", doc)
	if err != nil {
		t.Fatal(err)
	}
	return r.Body
}

// tampering is something done to the audit, and what Verify must say of it.
type tampering struct {
	name   string
	tamper func(t *testing.T, store docstore.Store)
	block  string
	how    string
}

var tamperings = []tampering{
	{"an entry is altered", func(t *testing.T, s docstore.Store) {
		t.Helper()
		tamper(t, s, "audit_blocks", "aud_one_3", func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("acc_doctor"), []byte("acc_nobody"))
		})
	}, "aud_one_3", "altered"},
	{"a block can't be read any more", func(t *testing.T, s docstore.Store) {
		t.Helper()
		tamper(t, s, "audit_blocks", "aud_one_3", func([]byte) []byte { return []byte(`{"n":"three"}`) })
	}, "aud_one_3", "altered"},
	{"a hash is made anew without the key", func(t *testing.T, s docstore.Store) {
		t.Helper()
		tamper(t, s, "audit_blocks", "aud_one_3", func(b []byte) []byte {
			forged, err := audit.Forge(b, "acc_doctor", "acc_nobody")
			if err != nil {
				t.Fatal(err)
			}
			return forged
		})
	}, "aud_one_3", "forged"},
	{"a block is removed from the middle", func(t *testing.T, s docstore.Store) {
		t.Helper()
		remove(t, s, "audit_blocks", "aud_one_2")
	}, "aud_one_2", "removed"},
	{"two blocks change places", func(t *testing.T, s docstore.Store) {
		t.Helper()
		two, three := body(t, s, "aud_one_2"), body(t, s, "aud_one_3")
		tamper(t, s, "audit_blocks", "aud_one_2", func([]byte) []byte { return three })
		tamper(t, s, "audit_blocks", "aud_one_3", func([]byte) []byte { return two })
	}, "aud_one_2", "moved"},
	{"the end is cut off", func(t *testing.T, s docstore.Store) {
		t.Helper()
		remove(t, s, "audit_blocks", "aud_one_4")
		remove(t, s, "audit_blocks", "aud_one_5")
	}, "aud_one_4", "cut-off"},
	{"the head is set back", func(t *testing.T, s docstore.Store) {
		t.Helper()
		remove(t, s, "audit_blocks", "aud_one_5")
		tamper(t, s, "audit_heads", "audhead_one", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"n":5`), []byte(`"n":4`)) })
	}, "audhead_one", "head-altered"},
	{"the head is removed", func(t *testing.T, s docstore.Store) {
		t.Helper()
		remove(t, s, "audit_heads", "audhead_one")
	}, "audhead_one", "head-removed"},
}

func TestVerifyNamesTheFirstBlockThatIsNotAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, c := range tamperings {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for n := range 5 {
				w.see(t, "ses_1", fmt.Sprintf("itk_%d", n))
			}
			if err := w.trail.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}

			c.tamper(t, w.store)
			_, err := w.trail.Verify(t.Context())

			var broken *audit.Broken
			if !errors.As(err, &broken) || broken.Block != c.block || broken.How != c.how {
				t.Errorf("verify = %v, want %s %s", err, c.block, c.how)
			}
		})
	}
}

func TestABlockCutOffIsStillMissedAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.see(t, "ses_1", "itk_1")
	w.see(t, "ses_1", "itk_2")
	if err := w.trail.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	remove(t, w.store, "audit_blocks", "aud_one_2")

	w.trail = w.open(t, "")
	w.see(t, "ses_1", "itk_3")
	_, err := w.trail.Verify(t.Context())

	var broken *audit.Broken
	if !errors.As(err, &broken) || broken.Block != "aud_one_2" {
		t.Errorf("verify = %v, want aud_one_2 missed", err)
	}
}

package archtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers lists every package, below internal where nothing else is said. A package imports only
// lines above its own; siblings never import each other.
var layers = []string{
	"id clock money geo phi fault event ../policies",
	"lifecycle promise estimate jurisdiction",
	"dispatch safety paper",
	"city sim/mdrp roads",
	"access docstore",
	"identity intake consult prescribing pharmacy order delivery billing support onboarding upload audit notify forecast",
	"bus blob gateway tlsport docstore/sqlite docstore/mongo ../signaling/turn ../signaling/sfu",
	"../signaling",
	"../signaling/signalingtest ../signaling/recording", // the first also behind `housecall load`
	"dispatcher journey caselist backup",
	"web fhir logging config tracing",
	"httpapi",
	"app",
	"sim",
	"sim/load top",
	"../cmd/housecall",
}

// testOnly may import anything and is imported by tests alone.
var testOnly = strings.Fields("docstore/docstoretest blob/blobtest bus/bustest apptest apptest/engine apptest/scratch e2e archtest proof")

// seams lists libraries with the only packages that may know them, tests included.
var seams = map[string]string{
	"github.com/gin-gonic/gin":        "httpapi app", // app: its benchmark compares with a bare handler
	"github.com/danielgtaylor/huma":   "httpapi",
	"github.com/casbin/casbin":        "access",
	"github.com/pion/":                "../signaling ../signaling/sfu ../signaling/turn ../signaling/signalingtest ../signaling/recording",
	"github.com/at-wat/ebml-go":       "../signaling/recording",
	"go.mongodb.org/mongo-driver":     "docstore/mongo apptest/engine",
	"github.com/minio/minio-go":       "blob blob/blobtest apptest/engine",
	"github.com/nats-io/":             "bus apptest/engine",
	"github.com/tink-crypto/":         "backup",
	"modernc.org/sqlite":              "docstore/sqlite",
	"github.com/spf13/cobra":          "../cmd/housecall",
	"github.com/go-webauthn/webauthn": "identity",
	"github.com/chromedp/":            "e2e",
	"codeberg.org/go-pdf/fpdf":        "paper",
	"github.com/skip2/go-qrcode":      "paper",
	"github.com/makiuchi-d/gozxing":   "paper e2e",
	"go.opentelemetry.io/otel/sdk":    "tracing", // the others know spans, not where they go
}

// forbidden names say nothing about what is inside.
var forbidden = strings.Fields("util utils common helper helpers model models type types base manager managers misc shared lib core")

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "housecall/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// name is how the tables above write a package of ours; "" for any other.
func name(path string) string {
	if rest, ours := strings.CutPrefix(path, "housecall/internal/"); ours {
		return rest
	}
	if rest, ours := strings.CutPrefix(path, "housecall/"); ours {
		return "../" + rest
	}
	return ""
}

func layerOf(name string) int {
	return slices.IndexFunc(layers, func(line string) bool { return slices.Contains(strings.Fields(line), name) })
}

func TestEveryPackageImportsOnlyWhatStandsAboveIt(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		from := name(p.ImportPath)
		if slices.Contains(testOnly, from) {
			continue
		}
		if layerOf(from) < 0 {
			t.Errorf("package %s stands in no layer: add it to ARCHITECTURE's list and to this test, or put it elsewhere", p.ImportPath)
			continue
		}
		for _, path := range p.Imports {
			to := name(path)
			switch {
			case to == "":
			case slices.Contains(testOnly, to):
				t.Errorf("%s imports %s, which is for tests", from, to)
			case layerOf(to) >= layerOf(from):
				t.Errorf("%s imports %s, which does not stand above it", from, to)
			case strings.HasPrefix(from, "../signaling") && to != "clock" && !strings.HasPrefix(to, "../signaling"):
				t.Errorf("%s imports %s: signaling knows rooms, no medicine; of ours it has clock alone", from, to)
			}
		}
	}
}

func TestEveryLibraryStaysBehindItsSeam(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			for library, seam := range seams {
				if strings.HasPrefix(path, library) && !slices.Contains(strings.Fields(seam), name(p.ImportPath)) {
					t.Errorf("%s imports %s, which belongs to %s alone", p.ImportPath, path, seam)
				}
			}
		}
	}
}

func TestNoPackageHasNameThatSaysNothing(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for part := range strings.SplitSeq(p.ImportPath, "/") {
			if slices.Contains(forbidden, part) {
				t.Errorf("%s: call it after the thing inside, not %q", p.ImportPath, part)
			}
		}
	}
}

package e2e_test

import "testing"

func TestPatientTakesTheInvoiceOfAVisitAwayAsAFile(t *testing.T) {
	t.Parallel()
	x := taleOf(t, "Ivo Bill").isSeen()
	payment := x.must(x.patient.Get(t.Context(), "/visits/"+x.visit+"/payments")).Text("items.0.id")
	b := phoneOf(t, "a patient")
	b.signIn(x.address)

	b.visit("/receipt/" + payment)
	b.sees("invoices")

	var file struct{ Kind, Begins string }
	b.until("the invoice's file", `(() => { window.__file ??= fetch(`+test("invoice-pdf")+`.href).then(async (a) => (window.__got = { kind: a.headers.get("Content-Type"), begins: (await a.text()).slice(0, 4) })); return window.__got; })()`)
	b.eval(`window.__got`, &file)
	if file.Kind != "application/pdf" || file.Begins != "%PDF" {
		t.Errorf("the file is %+v, want a PDF", file)
	}
	b.shot("receipt-invoices")
}

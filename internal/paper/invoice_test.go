package paper_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"housecall/internal/paper"
)

func bill(language string) paper.Invoice {
	return paper.Invoice{
		Language: language, Number: "2026-000042", At: time.Date(2026, 11, 22, 21, 0, 0, 0, time.FixedZone("", 8*3600)),
		Issuer: paper.Issuer{Name: "Bridge Pharmacy 桥头药房", Address: "3 Bridge Street, Lampford", Phone: "+4410400001", Licence: "PH-1", TaxID: "DE123456789"},
		To:     "Chen Guifen 陈桂芬", Patient: "Chen Guifen", Subject: "ord_01890000000070008000000000000001",
		Lines: []paper.InvoiceLine{{What: "visit_fee", By: "Dr Wen", Licence: "L-1", Amount: "CNY 50.00", Discount: "CNY -5.00"}, {What: "medicine", Amount: "CNY 80.00"}},
		Taxes: []paper.InvoiceTax{{Name: "VAT", Rate: "7 %", Net: "CNY 74.77", Tax: "CNY 5.23"}}, Total: "CNY 125.00",
	}
}

func TestAnInvoiceIsPrintedInBothLanguagesAlwaysTheSame(t *testing.T) {
	t.Parallel()
	for _, language := range []string{paper.English, paper.Chinese} {
		for _, credit := range []bool{false, true} {
			i := bill(language)
			if i.Credit = credit; credit {
				i.Corrects = "2026-000041"
			}

			once, err := paper.PrintInvoice(i)
			twice, again := paper.PrintInvoice(i)

			if err != nil || again != nil || !bytes.HasPrefix(once, []byte("%PDF")) {
				t.Fatalf("%s: %d bytes, %v, %v", language, len(once), err, again)
			}
			if !bytes.Equal(once, twice) {
				t.Errorf("%s: the same invoice was printed in two ways", language)
			}
			if keep := os.Getenv("HOUSECALL_KEEP_PAPER"); keep != "" { // to look at
				name := map[bool]string{false: "invoice-", true: "credit-"}[credit] + language + ".pdf"
				if err := os.WriteFile(filepath.Join(keep, name), once, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestAnInvoiceWithManyLinesGoesOnOverThePage(t *testing.T) {
	t.Parallel()
	i := bill(paper.English)
	short, err := paper.PrintInvoice(i)
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		i.Lines = append(i.Lines, i.Lines[0])
	}

	long, err := paper.PrintInvoice(i)

	if err != nil || bytes.Count(long, []byte("/Type /Page\n")) <= bytes.Count(short, []byte("/Type /Page\n")) {
		t.Errorf("%d pages, %v, want more than one", bytes.Count(long, []byte("/Type /Page\n")), err)
	}
}

func TestAnInvoiceThatIsNotWholeIsNotPrinted(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*paper.Invoice){
		"no number": func(i *paper.Invoice) { i.Number = "" }, "no lines": func(i *paper.Invoice) { i.Lines = nil },
		"a language that nobody has": func(i *paper.Invoice) { i.Language = "tlh" },
	} {
		i := bill(paper.English)
		spoil(&i)
		if _, err := paper.PrintInvoice(i); err == nil {
			t.Errorf("%s: it was printed", name)
		}
	}
}

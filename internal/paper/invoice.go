package paper

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"housecall/internal/phi"
)

// Invoice is what is printed on one, with sums as they are written ("CNY 86.40").
type Invoice struct {
	Language string // en or zh
	Credit   bool   // a credit note
	Number   string
	Corrects string    // number of the invoice that a credit note is for
	At       time.Time // in the issuer's time zone
	Issuer   Issuer
	To       phi.Text // who paid
	Patient  phi.Text // who was treated
	Subject  string   // id of the visit or order
	Lines    []InvoiceLine
	Taxes    []InvoiceTax
	Total    string
}

// Issuer is whose invoice it is. What it leaves empty is not printed.
type Issuer struct{ Name, Address, Country, Mail, Phone, Licence, TaxID string }

// InvoiceLine is one thing that was sold: visit_fee, medicine or delivery_fee.
type InvoiceLine struct {
	What     string
	By       phi.Text
	Licence  string
	Amount   string
	Discount string // with its sign; empty: none
}

// InvoiceTax is the tax of one rate that the total contains.
type InvoiceTax struct{ Name, Rate, Net, Tax string }

type invoiceWords struct {
	invoice, credit, number, corrects, to, patient, subject, by, discount, total, back, tax, taxID, licence, paid, page, comma string
	what                                                                                                                       map[string]string
}

var invoiceWordsOf = map[string]invoiceWords{
	English: {
		invoice: "Invoice", credit: "Credit note", number: "No. %s", corrects: "For invoice no. %s", to: "To", patient: "Treated", subject: "Reference",
		by: "by %s", discount: "Discount", total: "Total", back: "Given back", tax: "Contains %s %s on %s", taxID: "Tax no. %s", licence: "licence %s",
		paid: "Paid. Nothing is owed.", page: "page %d of %d", comma: ", ",
		what: map[string]string{"visit_fee": "Visit by video", "medicine": "Medicine on prescription", "delivery_fee": "Delivery"},
	},
	Chinese: {
		invoice: "账单", credit: "退款凭单", number: "编号%s", corrects: "对应账单编号%s", to: "付款人", patient: "就诊人", subject: "单号",
		by: "%s", discount: "优惠", total: "合计", back: "退款合计", tax: "含%s %s，不含税额%s", taxID: "税号%s", licence: "执业证书%s",
		paid: "已付清。", page: "第%d页，共%d页", comma: "，",
		what: map[string]string{"visit_fee": "视频问诊费", "medicine": "处方药品", "delivery_fee": "配送费"},
	},
}

// PrintInvoice makes the PDF: the same bytes for the same invoice.
func PrintInvoice(i Invoice) ([]byte, error) {
	w, known := invoiceWordsOf[i.Language]
	if !known || i.Number == "" || len(i.Lines) == 0 {
		return nil, errors.New("the invoice is not whole, or in no known language")
	}
	press, err := newPress([]rune(i.letters() + fmt.Sprint(w) + "年月日 " + ascii))
	if err != nil {
		return nil, fmt.Errorf("open invoice: %w", err)
	}
	b := &bill{page: page{press: press}, of: &i, words: w}
	press.pdf.SetCreationDate(i.At.UTC())
	press.pdf.SetModificationDate(i.At.UTC())
	press.pdf.SetProducer(Edition, true)
	press.pdf.SetTitle(b.title()+" "+i.Number, true)
	press.pdf.SetLang(map[string]string{English: "en", Chinese: "zh-CN"}[i.Language])
	b.write()
	var out bytes.Buffer
	if err := press.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("print invoice: %w", err)
	}
	return out.Bytes(), nil
}

// letters are all that stands on it, for the fonts; a phi.Text prints as [phi], so each is named.
func (i *Invoice) letters() string {
	out := []string{i.To.Reveal(), i.Patient.Reveal(), fmt.Sprint(i.Issuer), i.Number, i.Corrects, i.Subject, i.Total, fmt.Sprint(i.Taxes)}
	for _, l := range i.Lines {
		out = append(out, l.By.Reveal(), l.Licence, l.Amount, l.Discount)
	}
	return strings.Join(out, " ")
}

// bill is an invoice while it is being written.
type bill struct {
	page
	of    *Invoice
	words invoiceWords
}

func (b *bill) title() string {
	if b.of.Credit {
		return b.words.credit
	}
	return b.words.invoice
}

func (b *bill) write() {
	b.pdf.AddPage()
	b.y = topEdge
	b.heading()
	b.parties()
	for _, l := range b.of.Lines {
		b.line(l)
	}
	b.sums()
	b.issuer()
	b.feet()
}

func (b *bill) heading() {
	i, w := b.of, b.words
	b.text(leftEdge, b.y+6, titleFace, b.title())
	b.right(b.y+4, boldFace, fmt.Sprintf(w.number, i.Number))
	b.right(b.y+9.5, smallFace, b.day())
	b.y += 14.3
	b.text(leftEdge, b.y, bodyFace, i.Issuer.Name)
	if i.Corrects != "" {
		b.right(b.y, smallFace, fmt.Sprintf(w.corrects, i.Corrects))
	}
	b.y += 5
	b.rule(0.45, ink)
	b.y += 7
}

func (b *bill) day() string {
	if b.of.Language == Chinese {
		return fmt.Sprintf("%d年%d月%d日", b.of.At.Year(), b.of.At.Month(), b.of.At.Day())
	}
	return b.of.At.Format("2 Jan 2006")
}

func (b *bill) parties() {
	i, w := b.of, b.words
	for _, cell := range []struct{ label, value string }{{w.to, i.To.Reveal()}, {w.patient, i.Patient.Reveal()}, {w.subject, i.Subject}} {
		if cell.value == "" {
			continue
		}
		b.text(leftEdge, b.y, labelFace, cell.label)
		lines := b.lines(bodyFace, cell.value, rightEdge-leftEdge-30)
		b.paragraph(leftEdge+30, bodyFace, 5.6, lines)
	}
	b.y += 1
	b.rule(0.2, thin)
	b.y += 7
}

// line is one thing that was sold: what, by whom, and its price at the right.
func (b *bill) line(l InvoiceLine) {
	const amount = 44.0
	w := b.words
	what := w.what[l.What]
	if what == "" {
		what = l.What
	}
	names := b.lines(nameFace, what, rightEdge-leftEdge-amount)
	b.room(float64(len(names))*6 + 12)
	b.right(b.y, bodyFace, l.Amount)
	b.paragraph(leftEdge, nameFace, 6, names)
	licence := ""
	if l.Licence != "" {
		licence = fmt.Sprintf(w.licence, l.Licence)
	}
	if by := l.By.Reveal(); by != "" {
		b.paragraph(leftEdge, smallFace, 4.8, b.lines(smallFace, said(w.comma, fmt.Sprintf(w.by, by), licence), rightEdge-leftEdge-amount))
	}
	if l.Discount != "" {
		b.text(leftEdge, b.y, smallFace, w.discount)
		b.right(b.y, smallFace, l.Discount)
		b.y += 4.8
	}
	b.y -= 1
	b.rule(0.2, thin)
	b.y += 7
}

func (b *bill) sums() {
	i, w := b.of, b.words
	b.room(20 + 5*float64(len(i.Taxes)))
	total := w.total
	if i.Credit {
		total = w.back
	}
	b.text(leftEdge, b.y, nameFace, total)
	b.right(b.y, nameFace, i.Total)
	b.y += 6
	for _, t := range i.Taxes {
		b.text(leftEdge, b.y, smallFace, fmt.Sprintf(w.tax, t.Name, t.Rate, t.Net))
		b.right(b.y, smallFace, t.Tax)
		b.y += 5
	}
	if !i.Credit {
		b.text(leftEdge, b.y, smallFace, w.paid)
	}
	b.y += 9
}

// issuer is who answers for it.
func (b *bill) issuer() {
	i, w := b.of.Issuer, b.words
	licence, tax := "", ""
	if i.Licence != "" {
		licence = fmt.Sprintf(w.licence, i.Licence)
	}
	if i.TaxID != "" {
		tax = fmt.Sprintf(w.taxID, i.TaxID)
	}
	b.room(16)
	b.text(leftEdge, b.y, boldFace, i.Name)
	b.y += 5.4
	for _, l := range []string{said(w.comma, i.Address, i.Country), said(w.comma, i.Mail, i.Phone), said(w.comma, tax, licence)} {
		if l != "" {
			b.paragraph(leftEdge, smallFace, 4.8, b.lines(smallFace, l, rightEdge-leftEdge))
		}
	}
}

func (b *bill) feet() {
	pages := b.pdf.PageNo()
	for n := 1; n <= pages; n++ {
		b.pdf.SetPage(n)
		b.text(leftEdge, 288, labelFace, b.title()+" "+b.of.Number)
		b.right(288, labelFace, fmt.Sprintf(b.words.page, n, pages))
	}
}

package paper

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/skip2/go-qrcode"
)

// Edition names how papers are printed. Whatever changes a byte of a printed page needs another one, so
// that an old file is not taken for an altered one.
const Edition = "housecall paper 1"

// The page, in mm.
const (
	leftEdge  = 22.0
	rightEdge = 188.0
	topEdge   = 20.0
	bottom    = 276.0
	codeSide  = 46.0
)

// The faces.
var (
	titleFace = face{19, true, ink}
	nameFace  = face{12.5, true, ink}
	bodyFace  = face{11.5, false, ink}
	boldFace  = face{11.5, true, ink}
	labelFace = face{9, false, second}
	smallFace = face{9.5, false, second}
	heavyFace = face{9.5, true, ink}
)

// Print makes the PDF of a JWS: the same bytes for the same JWS. It does not ask whether the signature
// fits; who has no business with forged ones checks first.
func Print(jws string) ([]byte, error) {
	card, _, err := Read(jws)
	if err != nil {
		return nil, err
	}
	body, err := plain(card)
	if err != nil {
		return nil, err
	}
	w := wordsOf[card.Language]
	press, err := newPress([]rune(string(body) + fmt.Sprint(w) + string(formal) + "拾佰仟万年月日 " + ascii))
	if err != nil {
		return nil, fmt.Errorf("open paper: %w", err)
	}
	s := &sheet{page: page{press: press}, card: &card, words: w}
	s.describe(jws)
	if err := s.write(jws); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := press.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("print paper: %w", err)
	}
	return out.Bytes(), nil
}

var ascii = func() string {
	var b strings.Builder
	for c := byte(' '); c < 127; c++ {
		b.WriteByte(c)
	}
	return b.String()
}()

// page is paper while it is being written, from the top down.
type page struct {
	*press
	y float64
}

// sheet is a prescription while it is being written.
type sheet struct {
	page
	card  *Card
	words words
}

// describe says what the file is, and puts the JWS in twice: as metadata for programs that look for it,
// as an attachment for people.
func (s *sheet) describe(jws string) {
	at := time.UnixMilli(s.card.SignedAt).UTC()
	s.pdf.SetCreationDate(at)
	s.pdf.SetModificationDate(at)
	s.pdf.SetProducer(Edition, true)
	s.pdf.SetTitle(s.card.ShortNumber(), true)
	s.pdf.SetLang(map[string]string{English: "en", Chinese: "zh-CN"}[s.card.Language])
	s.pdf.SetXmpMetadata([]byte(`<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:hcrx="urn:housecall:rx:1">` +
		`<hcrx:edition>` + Edition + `</hcrx:edition><hcrx:jws>` + jws + `</hcrx:jws>` +
		`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`))
	s.pdf.SetAttachments([]fpdf.Attachment{{Content: []byte(jws), Filename: "prescription.jws", Description: "The signed prescription"}})
}

var (
	jwsInside     = regexp.MustCompile(`<hcrx:jws>([A-Za-z0-9_.-]+)</hcrx:jws>`)
	editionInside = regexp.MustCompile(`<hcrx:edition>([^<]{1,100})</hcrx:edition>`)
)

// inside finds the JWS in a file, and who printed it.
func inside(pdf []byte) (jws, edition string, err error) {
	found := jwsInside.FindAllSubmatch(pdf, 2)
	if len(found) != 1 {
		return "", "", errors.New("there is no signed prescription in this file")
	}
	if e := editionInside.FindSubmatch(pdf); e != nil {
		edition = string(e[1])
	}
	return string(found[0][1]), edition, nil
}

func (s *sheet) write(jws string) error {
	s.pdf.AddPage()
	s.y = topEdge
	s.heading()
	s.person()
	for i := range s.card.Lines {
		s.line(i)
	}
	s.signature()
	if err := s.closing(Codes(jws)); err != nil {
		return err
	}
	s.feet()
	return nil
}

// room begins a new page when so much does not fit on this one.
func (s *page) room(high float64) {
	if s.y+high <= bottom {
		return
	}
	s.pdf.AddPage()
	s.y = topEdge
}

func (s *page) rule(thick float64, colour [3]int) {
	s.pdf.SetDrawColor(colour[0], colour[1], colour[2])
	s.pdf.SetLineWidth(thick)
	s.pdf.Line(leftEdge, s.y, rightEdge, s.y)
}

var thin = [3]int{150, 150, 145}

func (s *sheet) heading() {
	c := s.card
	s.text(leftEdge, s.y+6, titleFace, s.words.title)
	s.right(s.y+4, smallFace, c.ShortNumber())
	s.right(s.y+9, smallFace, c.moment(c.SignedAt))
	s.y += 9
	if clinic := said(s.words.comma, c.Prescriber.Clinic, c.Prescriber.Qualification); clinic != "" {
		s.y += 3.5
		s.text(leftEdge, s.y, smallFace, clinic)
	}
	s.y += 5
	s.rule(0.45, ink)
	s.y += 6
}

// person is who it is for: four columns of a label and a value.
func (s *sheet) person() {
	c, w := s.card, s.words
	sex := map[string]string{"f": w.female, "m": w.male}[c.Patient.Sex]
	weight := c.Patient.Weight.Reveal()
	if weight != "" {
		weight += " kg"
	}
	cells := []struct {
		label, value string
		share        float64
	}{
		{w.patient, c.Patient.Name.Reveal(), 0.34},
		{w.born, said(w.comma, c.Patient.Born.Reveal(), sex), 0.24},
		{w.weight, weight, 0.12},
		{w.diagnosis, c.Diagnosis.Reveal(), 0.3},
	}
	x, deepest := leftEdge, s.y
	for i, cell := range cells {
		wide := (rightEdge - leftEdge) * cell.share
		if cell.value != "" {
			f := bodyFace
			if i == 0 {
				f = boldFace
			}
			s.text(x, s.y, labelFace, cell.label)
			y := s.y
			for _, l := range s.lines(f, cell.value, wide-3) {
				y += 5.2
				s.text(x, y, f, l)
			}
			deepest = max(deepest, y)
		}
		x += wide
	}
	s.y = deepest + 4
	s.rule(0.2, thin)
	s.y += 7
}

// line is one medicine: its name, how it is taken, how much of it in figures and in words, and what it
// was signed in spite of.
func (s *sheet) line(i int) {
	l := s.card.Lines[i]
	const indent, amount = 8.0, 44.0
	x, wide := leftEdge+indent, rightEdge-leftEdge-indent-amount
	names := s.lines(nameFace, l.Medicine, wide)
	doses := s.lines(bodyFace, l.Dosage, wide)
	notes := s.notes(l, wide)
	quantity := s.lines(smallFace, quantityWords(l, s.card.Language), amount-4)
	s.room(float64(len(names))*6 + float64(len(doses))*5.6 + min(float64(len(notes))*4.8, 60) + 8)
	top := s.y
	s.text(leftEdge, s.y, bodyFace, strconv.Itoa(i+1))
	s.right(s.y, nameFace, strconv.Itoa(l.Count))
	for n, q := range quantity {
		s.right(s.y+5.4+4.6*float64(n), smallFace, q)
	}
	s.paragraph(x, nameFace, 6, names)
	s.paragraph(x, bodyFace, 5.6, doses)
	for _, n := range notes {
		if n.warns {
			s.triangle(x, s.y)
		}
		s.paragraph(x+n.indent, smallFace, 4.8, []string{n.text})
	}
	s.y = max(s.y, top+5.4+4.6*float64(len(quantity))) - 1.5
	s.rule(0.2, thin)
	s.y += 7
}

// note is a small line below a medicine.
type note struct {
	text   string
	indent float64
	warns  bool
}

func (s *sheet) notes(l Line, wide float64) (out []note) {
	add := func(text string, indent float64, warns bool) {
		for i, one := range s.lines(smallFace, text, wide-indent) {
			out = append(out, note{one, indent, warns && i == 0})
		}
	}
	if words := l.Note.Reveal(); words != "" {
		add(words, 0, false)
	}
	for _, f := range l.Findings {
		add(f.Reveal(), 5, true)
	}
	if l.NoSubstitution {
		add(s.words.noSubstitute, 0, false)
	}
	return out
}

// triangle is the sign of a warning, drawn: no font of ours has it, and it must be told without colour.
func (s *sheet) triangle(x, y float64) {
	s.pdf.SetDrawColor(ink[0], ink[1], ink[2])
	s.pdf.SetLineWidth(0.25)
	s.pdf.Polygon([]fpdf.PointType{{X: x + 1.7, Y: y - 3}, {X: x + 3.4, Y: y}, {X: x, Y: y}}, "D")
	s.pdf.Line(x+1.7, y-2.1, x+1.7, y-1.05)
	s.pdf.Line(x+1.7, y-0.65, x+1.7, y-0.45)
}

// paragraph sets lines one below the other; y is the base of the next line after it.
func (s *page) paragraph(x float64, f face, high float64, lines []string) {
	for _, l := range lines {
		if s.y > bottom {
			s.room(bottom)
		}
		s.text(x, s.y, f, l)
		s.y += high
	}
}

// signature is who signs: the elements that Directive 2012/52/EU asks for.
func (s *sheet) signature() {
	c, w := s.card, s.words
	d := c.Prescriber
	licence := ""
	if n := d.Licence.Reveal(); n != "" {
		licence = fmt.Sprintf(w.licence, n)
	}
	s.room(22)
	x := s.text(leftEdge, s.y, bodyFace, w.signs+w.colon)
	x = s.text(x, s.y, boldFace, d.Name.Reveal())
	if more := said(w.comma, licence, d.Qualification); more != "" {
		more = w.comma + more
		lines := s.lines(bodyFace, more, rightEdge-x)
		s.text(x, s.y, bodyFace, lines[0])
		if len(lines) > 1 {
			s.y += 5.6
			s.text(leftEdge, s.y, bodyFace, strings.TrimSpace(strings.TrimPrefix(more, lines[0])))
		}
	}
	s.y += 5.6
	for _, l := range []string{said(w.comma, d.Clinic, d.Address, d.Country), said(w.comma, d.Mail, d.Phone)} {
		if l != "" {
			s.paragraph(leftEdge, smallFace, 4.8, s.lines(smallFace, l, rightEdge-leftEdge))
		}
	}
	s.y += 4
}

// closing says until when and how to check it, beside or above the codes.
func (s *sheet) closing(codes []string) error {
	wide := rightEdge - leftEdge
	if len(codes) == 1 {
		wide -= codeSide + 8
	}
	text := s.last(wide)
	high := float64(len(text))*5 + 2
	if len(codes) == 1 {
		s.room(max(high, codeSide+2))
		s.y = max(s.y, bottom-max(high, codeSide+2))
		if err := s.code(codes[0], rightEdge-codeSide, bottom-codeSide); err != nil {
			return err
		}
		s.y = bottom - high + 3
	} else {
		s.room(high)
	}
	for _, l := range text {
		s.text(leftEdge, s.y, l.face, l.text)
		s.y += 5
	}
	if len(codes) == 1 {
		return nil
	}
	return s.codes(codes)
}

// styled is a line with its face.
type styled struct {
	face face
	text string
}

func (s *sheet) last(wide float64) (out []styled) {
	c, w := s.card, s.words
	add := func(f face, text string) {
		for _, l := range s.lines(f, text, wide) {
			out = append(out, styled{f, l})
		}
	}
	space := map[string]string{English: " ", Chinese: ""}[c.Language]
	add(heavyFace, w.until+space+c.date(c.Until))
	if c.Repeats > 0 {
		add(smallFace, fmt.Sprintf(w.repeats, c.Repeats, c.EveryDays))
	}
	if c.Replaces != "" {
		add(smallFace, w.replaces)
	}
	var fixed []string
	for i, l := range c.Lines {
		if l.NoSubstitution {
			fixed = append(fixed, strconv.Itoa(i+1))
		}
	}
	if len(fixed) > 0 {
		add(smallFace, fmt.Sprintf(w.noneSubstitute, strings.Join(fixed, map[string]string{English: ", ", Chinese: "、"}[c.Language])))
	}
	add(heavyFace, w.fingerprint+" "+c.Fingerprint())
	add(smallFace, w.anybody)
	if c.Issuer != "" {
		add(smallFace, fmt.Sprintf(w.status, strings.TrimSuffix(c.Issuer, "/")+"/verify"))
	}
	return out
}

// codes prints several codes, three in a row, each with its place among them.
func (s *sheet) codes(codes []string) error {
	s.y += 2
	for i, text := range codes {
		column := i % 3
		if column == 0 {
			s.room(codeSide + 8)
		}
		x := leftEdge + float64(column)*(codeSide+12)
		if err := s.code(text, x, s.y); err != nil {
			return err
		}
		s.text(x, s.y+codeSide+4, labelFace, fmt.Sprintf("%d/%d", i+1, len(codes)))
		if column == 2 || i == len(codes)-1 {
			s.y += codeSide + 10
		}
	}
	return nil
}

// code draws a QR code as black bars, so that it stays sharp on any printer.
func (s *sheet) code(text string, x, y float64) error {
	q, err := qrcode.New(text, qrcode.Low)
	if err != nil {
		return fmt.Errorf("make code: %w", err)
	}
	q.DisableBorder = true
	dots := q.Bitmap()
	side := codeSide / float64(len(dots))
	s.pdf.SetFillColor(0, 0, 0)
	for row, line := range dots {
		for from := 0; from < len(line); from++ {
			to := from
			for to < len(line) && line[to] {
				to++
			}
			if to > from {
				s.pdf.Rect(x+float64(from)*side, y+float64(row)*side, float64(to-from)*side, side, "F")
				from = to
			}
		}
	}
	return nil
}

// feet numbers the pages.
func (s *sheet) feet() {
	pages := s.pdf.PageNo()
	for n := 1; n <= pages; n++ {
		s.pdf.SetPage(n)
		s.text(leftEdge, 288, labelFace, s.card.ShortNumber())
		s.right(288, labelFace, fmt.Sprintf(s.words.page, n, pages))
	}
}

// said joins what is there.
func said(comma string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, comma)
}

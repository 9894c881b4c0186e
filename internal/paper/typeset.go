package paper

import (
	"fmt"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
)

// The colours of a paper: ink, and a second that stays readable when it is printed grey.
var (
	ink    = [3]int{31, 40, 43}
	second = [3]int{74, 84, 87}
)

// face is how a text looks.
type face struct {
	size   float64 // points
	bold   bool
	colour [3]int
}

// press sets text in the fonts of a paper: Latin, Greek and Cyrillic letters from one, Han from the
// other. A letter that neither has is printed as its number, never left out.
type press struct {
	pdf   *fpdf.Fpdf
	fonts *fonts
}

// newPress opens a PDF with fonts that hold these letters.
func newPress(letters []rune) (*press, error) {
	f, err := theFonts()
	if err != nil {
		return nil, err
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddUTF8FontFromBytes("latin", "", f.latin.cut(letters))
	pdf.AddUTF8FontFromBytes("latin", "B", f.bold.cut(letters))
	pdf.AddUTF8FontFromBytes("han", "", f.han.cut(letters))
	return &press{pdf, f}, pdf.Error()
}

// run is a stretch of text in one font.
type run struct {
	text string
	han  bool
}

func (p *press) runs(text string) []run {
	var out []run
	add := func(s string, han bool) {
		if n := len(out); n > 0 && out[n-1].han == han {
			out[n-1].text += s
			return
		}
		out = append(out, run{s, han})
	}
	for _, r := range text {
		switch {
		case p.fonts.latin.has(r):
			add(string(r), false)
		case p.fonts.han.has(r):
			add(string(r), true)
		case unicode.IsSpace(r):
			add(" ", false)
		default:
			add(fmt.Sprintf("[U+%04X]", r), false)
		}
	}
	return out
}

func (p *press) choose(f face, han bool) {
	switch {
	case han:
		p.pdf.SetFont("han", "", f.size)
	case f.bold:
		p.pdf.SetFont("latin", "B", f.size)
	default:
		p.pdf.SetFont("latin", "", f.size)
	}
}

// width is how long a text is, in mm.
func (p *press) width(f face, text string) (w float64) {
	for _, r := range p.runs(text) {
		p.choose(f, r.han)
		w += p.pdf.GetStringWidth(r.text)
	}
	return w
}

// text sets a line with its base at y, and answers where it ends.
func (p *press) text(x, y float64, f face, text string) float64 {
	p.pdf.SetTextColor(f.colour[0], f.colour[1], f.colour[2])
	for _, r := range p.runs(text) {
		p.choose(f, r.han)
		heavy := f.bold && r.han // this font has one weight: a thin outline makes the other
		if heavy {
			p.pdf.SetDrawColor(f.colour[0], f.colour[1], f.colour[2])
			p.pdf.SetLineWidth(f.size * 0.009)
			p.pdf.SetTextRenderingMode(2)
		}
		p.pdf.Text(x, y, r.text)
		if heavy {
			p.pdf.SetTextRenderingMode(0)
		}
		x += p.pdf.GetStringWidth(r.text)
	}
	return x
}

// right sets a line that ends at the right edge.
func (p *press) right(y float64, f face, text string) { p.text(rightEdge-p.width(f, text), y, f, text) }

// lines breaks a text where its language lets it: at spaces, and between Han characters but before
// no closing mark and after no opening one.
func (p *press) lines(f face, text string, wide float64) []string {
	var out []string
	line := ""
	for _, piece := range pieces(text) {
		switch {
		case line == "" || p.width(f, line+strings.TrimRight(piece, " ")) <= wide:
			line += piece
		default:
			out = append(out, strings.TrimRight(line, " "))
			line = strings.TrimLeft(piece, " ")
		}
		for p.width(f, line) > wide { // one word longer than the line
			head, rest := p.split(f, line, wide)
			if rest == "" {
				break
			}
			out, line = append(out, head), rest
		}
	}
	if line = strings.TrimRight(line, " "); line != "" || len(out) == 0 {
		out = append(out, line)
	}
	return out
}

// split cuts a word that is longer than a line.
func (p *press) split(f face, word string, wide float64) (head, rest string) {
	all := []rune(strings.TrimRight(word, " "))
	for n := len(all) - 1; n > 0; n-- {
		if p.width(f, string(all[:n])) <= wide {
			return string(all[:n]), string(all[n:])
		}
	}
	return word, ""
}

const (
	opening = "（《“‘([【"
	closing = "，。；：、！？）》”’)]】％%…,.;:!?"
)

// pieces cuts a text into what must stay together.
func pieces(text string) []string {
	var out []string
	joins := false // to the piece before
	for _, r := range text {
		han := unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
		n := len(out)
		switch {
		case n > 0 && (joins || strings.ContainsRune(closing, r)):
			out[n-1] += string(r)
		default:
			out = append(out, string(r))
		}
		joins = !han && r != ' ' || strings.ContainsRune(opening, r)
		if n > 0 && r == ' ' && len(out) == n+1 { // a space stays with the word before
			out[n-1] += " "
			out = out[:n]
			joins = false
		}
	}
	return out
}

package pharmacy

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Columns of the stock file, in this order. A row is a batch of a product; a row with batch, expiry
// and units empty sets the price alone.
var Columns = []string{"product", "pack_units", "price", "currency", "batch", "expiry", "units"}

const (
	maxFile = 4 << 20
	maxRows = 20_000
	maxBad  = 100 // bad rows that are told
)

// Imported counts what a file changed.
type Imported struct {
	Products int `json:"products"`
	Batches  int `json:"batches"`
}

// counted is what a file says of one product.
type counted struct {
	product string
	line    int // of its first row
	Count
}

// Import sets stock and prices from a file. The whole file is read first: one bad row, and nothing is
// changed; the answer names each bad line and why ("/lines/12"). A product in the file is counted anew:
// its batches are those of the file. Products that are not in the file stay as they are. What is
// promised to an order between check and write refuses that product alone, coded "held"; repeating
// the request does the rest, each product once.
func (s *Service) Import(ctx context.Context, a access.Actor, ph id.Pharmacy, file io.Reader) (Imported, error) {
	doc, err := s.mine(ctx, a, ph, "stock.import")
	if err != nil {
		return Imported{}, err
	}
	products, bad, err := parseFile(file, doc.Currency)
	if err != nil {
		return Imported{}, err
	}
	day := doc.day(s.Clock.Now())
	for _, p := range products {
		reason, err := s.unfit(ctx, a, ph, p, day)
		if err != nil {
			return Imported{}, err
		}
		if reason != "" {
			bad = bad.With(fmt.Sprintf("/lines/%d", p.line), reason)
		}
	}
	if len(bad.Fields) > 0 {
		bad.Fields = bad.Fields[:min(len(bad.Fields), maxBad)]
		return Imported{}, bad
	}
	var done Imported
	for _, p := range products {
		_, err := s.stocked(ctx, a, ph, p.product, func(st *Stock) error { return st.count(p.Count, day) })
		if err != nil {
			return done, fmt.Errorf("import line %d for %s: %w", p.line, ph, err)
		}
		done.Products++
		done.Batches += len(p.Batches)
	}
	return done, nil
}

// unfit says why a product of a file can't be written, "" when it can.
func (s *Service) unfit(ctx context.Context, a access.Actor, ph id.Pharmacy, p counted, day string) (string, error) {
	err := s.knownProduct(ctx, p.product)
	if fault.Is(err, fault.Invalid) {
		return "No such product is in the formulary.", nil
	}
	if err != nil {
		return "", err
	}
	st, err := s.stock.Get(ctx, string(StockOf(ph, p.product)))
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if slices.Contains(append(st.Done, st.Made), a.Request) && a.Request.Key != "" {
		return "", nil // written by this very request before
	}
	if st.count(p.Count, day) != nil {
		return "More units of this product are promised to orders than the file counts.", nil //nolint:nilerr // said of the row, not of the file
	}
	return "", nil
}

// parseFile reads the whole file and lists every bad row.
func parseFile(file io.Reader, currency string) ([]counted, *fault.Error, error) {
	bad := fault.New(fault.Invalid, "Some lines of the file can't be read. Nothing was changed.").Coded("bad-rows")
	limited := &io.LimitedReader{R: file, N: maxFile + 1}
	rows := csv.NewReader(limited)
	rows.FieldsPerRecord = -1
	head, err := rows.Read()
	if err != nil || !slices.Equal(trimmed(head), Columns) {
		return nil, nil, fault.InvalidField("/lines/1", "The first line must read: "+strings.Join(Columns, ",")+".")
	}
	var products []counted
	index := map[string]int{}
	for n := 0; ; n++ {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			bad = bad.With(fmt.Sprintf("/lines/%d", broken.Line), "This line is no CSV: look at its quotes.")
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read stock file: %w", err)
		}
		if limited.N == 0 || n == maxRows {
			return nil, nil, fault.New(fault.TooLarge, "The file is too large: at most 4 MB and 20,000 lines. Send it in parts.")
		}
		line, _ := rows.FieldPos(0)
		if reason := gather(trimmed(cells), line, currency, &products, index); reason != "" {
			bad = bad.With(fmt.Sprintf("/lines/%d", line), reason)
		}
	}
	if len(products) == 0 && len(bad.Fields) == 0 {
		bad = bad.With("/lines/2", "The file has no rows.")
	}
	return products, bad, nil
}

// gather adds a row to its product and says what is wrong with it.
func gather(cells []string, line int, currency string, products *[]counted, index map[string]int) string {
	if len(cells) != len(Columns) {
		return fmt.Sprintf("A line has %d cells, this one %d.", len(Columns), len(cells))
	}
	p, reason := parseRow(cells, line)
	if reason != "" {
		return reason
	}
	i, known := index[p.product]
	if !known {
		i = len(*products)
		index[p.product] = i
		*products = append(*products, counted{product: p.product, line: line, Count: Count{PackUnits: p.PackUnits, Price: p.Price}})
	}
	whole := &(*products)[i]
	if whole.PackUnits != p.PackUnits || whole.Price != p.Price {
		return fmt.Sprintf("Pack and price differ from line %d of the same product.", whole.line)
	}
	before := len(whole.check(&fault.Error{}, currency).Fields)
	whole.Batches = append(whole.Batches, p.Batches...)
	if wrong := whole.check(&fault.Error{}, currency).Fields; len(wrong) > before || !known && len(wrong) > 0 {
		return wrong[len(wrong)-1].Message
	}
	return ""
}

func parseRow(cells []string, line int) (counted, string) {
	p := counted{product: cells[0], line: line}
	var err error
	if p.product == "" || len(p.product) > 120 {
		return p, "Give the product's code."
	}
	if p.PackUnits, err = strconv.Atoi(cells[1]); err != nil {
		return p, "pack_units is no whole number."
	}
	minor, ok := parsePrice(cells[2], cells[3])
	if !ok {
		return p, "The price is no amount of its currency, for example 12.50 and CNY."
	}
	p.Price = money.Of(minor, cells[3])
	if cells[4]+cells[5]+cells[6] == "" {
		return p, ""
	}
	units, err := strconv.Atoi(cells[6])
	if err != nil {
		return p, "units is no whole number."
	}
	p.Batches = []Batch{{cells[4], cells[5], units}}
	return p, ""
}

// parsePrice reads decimal text into minor units, exactly.
func parsePrice(text, currency string) (int64, bool) {
	digits := money.Digits(currency)
	whole, fraction, point := strings.Cut(text, ".")
	if len(currency) != 3 || whole == "" || len(whole) > 12 || len(fraction) > digits || (point && fraction == "") {
		return 0, false
	}
	all := whole + fraction + strings.Repeat("0", digits-len(fraction))
	if strings.Trim(all, "0123456789") != "" {
		return 0, false
	}
	minor, err := strconv.ParseInt(all, 10, 64)
	return minor, err == nil
}

func formatPrice(a money.Amount) string {
	digits := money.Digits(a.Currency)
	text := fmt.Sprintf("%0*d", digits+1, a.Minor)
	if digits == 0 {
		return text
	}
	return text[:len(text)-digits] + "." + text[len(text)-digits:]
}

func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.TrimSpace(strings.TrimPrefix(c, "\ufeff")) // spreadsheets begin with a byte order mark
	}
	return out
}

// Export writes the whole stock of a pharmacy as a file that Import reads.
func (s *Service) Export(ctx context.Context, a access.Actor, ph id.Pharmacy, to io.Writer) error {
	if _, err := s.mine(ctx, a, ph, "stock.read"); err != nil {
		return err
	}
	out := csv.NewWriter(to)
	if err := out.Write(Columns); err != nil {
		return fmt.Errorf("export stock of %s: %w", ph, err)
	}
	q := docstore.Query{Index: "pharmacy", Equal: string(ph), Limit: 200}
	for {
		page, err := s.stock.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, st := range page.Items {
			if err := st.export(out); err != nil {
				return fmt.Errorf("export stock of %s: %w", ph, err)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("export stock of %s: %w", ph, err)
	}
	return nil
}

func (s *Stock) export(out *csv.Writer) error {
	head := []string{s.Product, strconv.Itoa(s.PackUnits), formatPrice(s.Price), s.Price.Currency}
	if len(s.Batches) == 0 {
		return out.Write(append(head, "", "", ""))
	}
	for _, b := range s.Batches {
		if err := out.Write(append(slices.Clone(head), b.Batch, b.Expiry, strconv.Itoa(b.Units))); err != nil {
			return err
		}
	}
	return nil
}

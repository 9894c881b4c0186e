package sim

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"housecall/internal/pharmacy"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

func bornOn(day string) phi.Text { return phi.Text(day) }

// shelves writes the stock file of one pharmacy: invented prices and packs, the same each time, a
// ninth of the products missing everywhere but at the market place.
func shelves(products []*prescribing.Product, counter int, now time.Time) string {
	var file strings.Builder
	file.WriteString(strings.Join(pharmacy.Columns, ",") + "\n")
	for _, p := range products {
		if counter > 0 && draw(p.Code, counter)%9 == 0 {
			continue
		}
		pack := packOf(p)
		price := 600 + draw(p.Code, -1)%6400 + draw(p.Code, counter)%300
		for batch := range 1 + draw(p.Code, counter+50)%2 {
			days := 120 + int(draw(p.Code, counter*10+int(batch)+100)%600)
			packs := 8 + int(draw(p.Code, counter+int(batch)+200)%40)
			fmt.Fprintf(&file, "%s,%d,%d.%02d,%s,L%d%04d,%s,%d\n", cell(p.Code), pack, price/100, price%100, demoCurrency,
				batch+1, draw(p.Code, int(batch))%10_000, now.AddDate(0, 0, days).Format(time.DateOnly), packs*pack)
		}
	}
	return file.String()
}

// packOf is how many units a pack holds: pieces come by tens, bottles and tubes one by one.
func packOf(p *prescribing.Product) int {
	if len(p.Packs) > 0 {
		return 1
	}
	return []int{10, 12, 14, 20, 28, 30}[draw(p.Code, -2)%6]
}

// draw is a number that looks drawn by lot and is the same each time.
func draw(code string, salt int) uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s/%d", code, salt)
	return h.Sum32() >> 3
}

func cell(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

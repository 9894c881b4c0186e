package journey

import (
	"errors"
	"strconv"
	"time"

	"housecall/internal/fault"
	"housecall/internal/money"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
)

// Quote says a pharmacy's offer in the words of an order. What a courier earns is the zone's to say.
func Quote(q pharmacy.Quote, f order.Fulfilment) order.Quote {
	out := order.Quote{
		Pharmacy: q.Pharmacy, PharmacyAt: q.At, Medicine: q.Price, DeliveryFee: q.DeliveryFee,
		Median: time.Duration(q.MedianMinutes) * time.Minute, Late: time.Duration(q.P90Minutes) * time.Minute,
	}
	if f == order.Pickup {
		out.DeliveryFee = money.Of(0, q.Price.Currency)
	}
	if f == order.Courier && q.Kept {
		out.Promised = time.Duration(q.PromiseMinutes) * time.Minute
	}
	for _, l := range q.Lines {
		out.Lines = append(out.Lines, order.Line{Product: l.Product, Quantity: l.Quantity, Price: l.Price})
	}
	return out
}

func attemptText(n int) string { return strconv.Itoa(n) }

// codeOf is the code of a refusal, for the history of the order.
func codeOf(err error, otherwise string) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Code != "" {
		return f.Code
	}
	return otherwise
}

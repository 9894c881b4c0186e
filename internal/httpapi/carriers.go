package httpapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
)

// Carriers is the route by which a carrier reports what became of a parcel. It has no session: each report is
// signed with the secret that was agreed on; without one no report is believed. The clock is the wall's.
func Carriers(pharmacies *pharmacy.Service, secret []byte, wall clock.Clock) []Route {
	r := carrierRoutes{pharmacies, secret, wall}
	return []Route{
		// A carrier's system knows no key of ours; the same report again changes nothing.
		post("/carriers/reports", "parcel.report", "Report, as a carrier, what became of a parcel", r.report).keyless(),
	}
}

type carrierRoutes struct {
	pharmacies *pharmacy.Service
	secret     []byte
	wall       clock.Clock
}

// reportAge is how far the time of a report may be from ours: an old one that somebody kept is refused.
const reportAge = 5 * time.Minute

type carrierIn struct {
	At        string `header:"X-Carrier-Timestamp" required:"true" maxLength:"20" doc:"Unix seconds when the report was signed."`
	Signature string `header:"X-Carrier-Signature" required:"true" maxLength:"100" doc:"sha256= and the HMAC-SHA256, in hex, of timestamp, a full stop and the body."`
	RawBody   []byte
	Body      struct {
		Carrier  string   `json:"carrier" minLength:"1" maxLength:"60" doc:"Name that pharmacies type for this carrier."`
		Tracking phi.Text `json:"tracking" minLength:"4" maxLength:"40"`
		Event    string   `json:"event" enum:"underway,delivered" doc:"What is underway changes nothing."`
	}
}

func (r carrierRoutes) report(ctx context.Context, _ access.Actor, in *carrierIn) (*none, error) {
	if !r.genuine(in) {
		return nil, fault.New(fault.Unauthenticated, "This report is not signed as agreed, or too old. Sign it anew.").Coded("report-unsigned")
	}
	if in.Body.Event != "delivered" {
		return nil, nil //nolint:nilnil // nothing is answered either way
	}
	as := access.Part("carrier", id.RequestOf(in.RawBody, "carrier", trimmed(in.Body.Carrier), in.Body.Tracking.Reveal()))
	return nil, r.pharmacies.CarrierDelivered(ctx, as, in.Body.Carrier, in.Body.Tracking)
}

func trimmed(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// genuine tells whether the report was signed with the secret, a moment ago.
func (r carrierRoutes) genuine(in *carrierIn) bool {
	at, err := strconv.ParseInt(in.At, 10, 64)
	if len(r.secret) == 0 || err != nil {
		return false
	}
	if age := r.wall.Now().Sub(time.Unix(at, 0)); age > reportAge || age < -reportAge {
		return false
	}
	claimed, err := hex.DecodeString(strings.TrimPrefix(in.Signature, "sha256="))
	return err == nil && hmac.Equal(claimed, signReport(r.secret, in.At, in.RawBody))
}

func signReport(secret []byte, at string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

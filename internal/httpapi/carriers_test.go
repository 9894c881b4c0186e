package httpapi_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"time"
)

const carrierSecret = "a secret of a carrier and of this test"

// signed is what a carrier sends with a report.
func signed(secret, body string, at time.Time) []string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	return []string{"X-Carrier-Timestamp: " + stamp, "X-Carrier-Signature: sha256=" + hex.EncodeToString(mac.Sum(nil)), "Idempotency-Key: "}
}

// shipped is a parcel that Lampford Post has.
func (c *counter) shipped() string {
	c.t.Helper()
	fill := c.offered("parcel")
	c.ask("pia", "POST", fill+"/review", "", 200)
	c.ask("pia", "POST", fill+"/accept", `{}`, 200)
	c.ask("pia", "POST", fill+"/pack", `{"packed":[{"line":0,"product":"amoxicillin/capsule/500mg","batch":"A1","expiry":"2027-03-31","units":20}]}`, 200)
	c.ask("pia", "POST", fill+"/ready", `{"seal":"S-1001","labelled":true}`, 200)
	c.ask("pia", "POST", fill+"/ship", `{"carrier":"Lampford Post","tracking":"LP 2026-0001"}`, 200)
	return fill
}

func TestCarrierReportsAParcelAsDeliveredByItsNumber(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	fill := c.shipped()
	underway := `{"carrier":"Lampford Post","tracking":"LP20260001","event":"underway"}`
	delivered := `{"carrier":"lampford post","tracking":"lp20260001","event":"delivered"}`

	c.ask("", "POST", "/carriers/reports", underway, 204, signed(carrierSecret, underway, c.clock.Now())...)
	if at := c.ask("pia", "GET", fill, "", 200)["delivered_at"]; at != nil {
		t.Errorf("what is under way was delivered at %v", at)
	}
	for range 2 { // carriers report twice
		c.ask("", "POST", "/carriers/reports", delivered, 204, signed(carrierSecret, delivered, c.clock.Now())...)
	}

	if at := c.ask("pia", "GET", fill, "", 200)["delivered_at"]; at == nil {
		t.Error("the carrier's word was not taken")
	}
}

func TestCarrierReportThatIsNotSignedAsAgreedChangesNothing(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	fill := c.shipped()
	body := `{"carrier":"Lampford Post","tracking":"LP20260001","event":"delivered"}`
	other := strings.Replace(body, "0001", "0002", 1)
	now := c.clock.Now()
	for _, tt := range []struct {
		name, body string
		headers    []string
		status     int
	}{
		{"no signature", body, []string{"Idempotency-Key: "}, 422},
		{"another's secret", body, signed("a secret of somebody else entirely", body, now), 401},
		{"a signature of another body", body, signed(carrierSecret, other, now), 401},
		{"a report that somebody kept", body, signed(carrierSecret, body, now.Add(-6*time.Minute)), 401},
		{"a report from the future", body, signed(carrierSecret, body, now.Add(6*time.Minute)), 401},
		{"a time that is none", body, append(signed(carrierSecret, body, now), "X-Carrier-Timestamp: soon"), 401},
		{"a number that nobody has", other, signed(carrierSecret, other, now), 404},
		{"an event that nobody knows", `{"carrier":"Lampford Post","tracking":"LP20260001","event":"eaten"}`, nil, 422},
	} {
		headers := tt.headers
		if headers == nil {
			headers = signed(carrierSecret, tt.body, now)
		}
		if w := c.send("", "POST", "/carriers/reports", tt.body, headers...); w.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, w.Code, w.Body, tt.status)
		}
	}
	if w := c.send("pia", "POST", "/carriers/reports", body, signed(carrierSecret, body, now)...); w.Code != 403 {
		t.Errorf("a pharmacist who plays the carrier: %d, want 403", w.Code)
	}
	if at := c.ask("pia", "GET", fill, "", 200)["delivered_at"]; at != nil {
		t.Errorf("refused reports delivered it at %v", at)
	}
}

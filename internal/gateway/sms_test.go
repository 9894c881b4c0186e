package gateway_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/gateway"
	"housecall/internal/notify"
)

var called = notify.SMS{ID: "msg_1", To: "+8613800000001", Text: "医生正在等您。"}

func texter(t *testing.T, answers ...int) (*gateway.SMS, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body["to"] != called.To.Reveal() || body["text"] != called.Text || body["id"] != "msg_1" {
			t.Errorf("body %v, %v", body, err)
		}
		if r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Idempotency-Key") != "msg_1" || r.Method != http.MethodPost {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		w.WriteHeader(answers[min(int(asked.Add(1)), len(answers))-1])
		_, _ = w.Write([]byte(called.To.Reveal() + " is unknown"))
	}))
	t.Cleanup(server.Close)
	s, err := gateway.NewSMS(gateway.SMSConfig{URL: server.URL, Token: "secret", From: "housecall", Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s, &asked
}

func TestTextMessageIsHandedToTheGateway(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answers []int
		tries   int64
		ok      bool
		forGood bool
	}{
		"taken at once":                   {[]int{202}, 1, true, false},
		"taken at the third try":          {[]int{503, 429, 200}, 3, true, false},
		"the gateway is down":             {[]int{500}, 3, false, false},
		"there is no such number":         {[]int{422}, 1, false, true},
		"somewhere else, with our secret": {[]int{302}, 1, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, asked := texter(t, row.answers...)

			err := s.Text(t.Context(), called)

			if (err == nil) != row.ok || errors.Is(err, notify.ErrRefused) != row.forGood || asked.Load() != row.tries {
				t.Errorf("%v after %d tries", err, asked.Load())
			}
			if err != nil && strings.Contains(err.Error(), "138") {
				t.Errorf("the error names the number: %v", err)
			}
		})
	}
}

func TestTextGatewayMustBeSafeToTalkTo(t *testing.T) {
	t.Parallel()
	for _, c := range []gateway.SMSConfig{{URL: "http://sms.example", Token: "x"}, {URL: "https://sms.example"}, {Token: "x"}, {URL: "::", Token: "x"}} {
		if _, err := gateway.NewSMS(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestTextGatewayThatIsNotThereIsAnErrorWithoutTheNumber(t *testing.T) {
	t.Parallel()
	s, err := gateway.NewSMS(gateway.SMSConfig{URL: "http://127.0.0.1:1", Token: "x", Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}

	err = s.Text(t.Context(), called)

	if err == nil || errors.Is(err, notify.ErrRefused) || strings.Contains(err.Error(), "138") {
		t.Errorf("error = %v", err)
	}
}

package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"housecall/internal/httpapi"
)

func TestWhereARequestCameFromIsSaidByTrustedProxiesAlone(t *testing.T) {
	t.Parallel()
	near, far := netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32")
	one, two := httpapi.Proxies{near}, httpapi.Proxies{near, far}
	for _, c := range []struct {
		name, peer string
		trusted    httpapi.Proxies
		forwarded  []string
		other      string // who shares the limit with them, asking from nowhere near
		shared     bool
	}{
		{"nobody is trusted: a word about others is not taken", "192.0.2.1:70", nil, []string{"203.0.113.9"}, "192.0.2.1:71", true},
		{"a proxy is trusted: its people are told apart", "10.1.2.3:70", one, []string{"203.0.113.9"}, "10.1.2.3:71", false},
		{"a proxy is trusted: one of its people is who they are", "10.1.2.3:70", one, []string{"203.0.113.9"}, "203.0.113.9:70", true},
		{"two proxies, one behind the other", "10.1.2.3:70", two, []string{"203.0.113.9, 192.0.2.7"}, "203.0.113.9:70", true},
		{"what a stranger wrote in front counts for nothing", "10.1.2.3:70", one, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9:70", true},
		{"a proxy that adds a line of its own", "10.1.2.3:70", one, []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9:70", true},
		{"a trusted proxy that says nothing is who asks", "10.1.2.3:70", one, nil, "10.1.2.3:71", true},
		{"nonsense is not followed", "10.1.2.3:70", one, []string{"203.0.113.9, unknown"}, "10.1.2.3:71", true},
		{"an IPv4 address written as IPv6 is the same", "[::ffff:10.1.2.3]:70", one, []string{"::ffff:203.0.113.9"}, "203.0.113.9:70", true},
		{"IPv6 addresses of one customer are one", "[2001:db8:1:2::1]:70", nil, nil, "[2001:db8:1:2:ffff::9]:70", true},
		{"IPv6 addresses of two customers are two", "[2001:db8:1:2::1]:70", nil, nil, "[2001:db8:1:3::1]:70", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDeskBehind(t, httpapi.Limits{PerSecond: 1, Burst: 1, Nobody: 1}, c.trusted)
			ask := func(peer string, forwarded []string) int {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, httpapi.Base+"/intake-options", nil)
				r.RemoteAddr = peer
				r.Header["X-Forwarded-For"] = forwarded
				w := httptest.NewRecorder()
				d.server.ServeHTTP(w, r)
				return w.Code
			}
			if first := ask(c.peer, c.forwarded); first == http.StatusTooManyRequests {
				t.Fatal("the first request is refused")
			}

			limited := ask(c.other, nil) == http.StatusTooManyRequests

			if limited != c.shared {
				t.Errorf("limited = %v, want %v", limited, c.shared)
			}
		})
	}
}

package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/fault"
	"housecall/internal/gateway"
	"housecall/internal/geo"
)

// roads answers as OSRM does: so many seconds as the origin's and the end's numbers, multiplied by ten.
func roads(t *testing.T, asked *[]string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		from, to := listed(r.URL.RawQuery, "sources="), listed(r.URL.RawQuery, "destinations=")
		table := make([][]any, len(from))
		for i := range from {
			for k := range to {
				table[i] = append(table[i], any(float64(10*(i+1)*(k+1))))
			}
		}
		table[0][len(to)-1] = nil
		_ = json.NewEncoder(w).Encode(map[string]any{"code": "Ok", "durations": table})
	}))
	t.Cleanup(s.Close)
	return s
}

// listed reads a list of the question; OSRM parts it by semicolons, which net/http does not take.
func listed(query, name string) []string {
	_, rest, _ := strings.Cut(query, name)
	list, _, _ := strings.Cut(rest, "&")
	return strings.Split(list, ";")
}

func points(n int) []geo.Point {
	var out []geo.Point
	for i := range n {
		out = append(out, geo.Point{Lat: 50 + float64(i)/100, Lon: 10})
	}
	return out
}

func TestTravelTimesComeFromTheRoads(t *testing.T) {
	t.Parallel()
	var asked []string
	server := roads(t, &asked)
	o, err := gateway.NewOSRM(gateway.OSRMConfig{URL: server.URL, Profiles: map[dispatch.Vehicle]string{dispatch.Scooter: "bike"}, Most: 4})
	if err != nil {
		t.Fatal(err)
	}
	p := points(5)

	table, err := o.Table(t.Context(), dispatch.Scooter, p[:2], p[2:])
	if err != nil {
		t.Fatal(err)
	}

	if got := table.Time(dispatch.Scooter, p[1], p[3]); got != 40*time.Second {
		t.Errorf("way = %v, want the server's 40 s", got)
	}
	if got, crow := table.Time(dispatch.Scooter, p[0], p[3]), (dispatch.Crow{}).Time(dispatch.Scooter, p[0], p[3]); got != crow {
		t.Errorf("a way the server does not know = %v, want the crow's %v", got, crow)
	}
	if len(asked) != 2 || !strings.HasPrefix(asked[0], "/table/v1/bike/10.000000,50.000000;10.000000,50.010000;") {
		t.Errorf("asked %q, want two questions of four places at most", asked)
	}
	if _, err := o.Table(t.Context(), dispatch.Drone, p, p); err != nil || len(asked) != 2 {
		t.Errorf("a drone follows no road: %v, %d questions", err, len(asked))
	}
}

func TestAPlanGoesOnWithoutTheRoads(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"no table": `{"code":"InvalidQuery"}`, "a table too small": `{"code":"Ok","durations":[[1]]}`, "no JSON": `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, answer) }))
			t.Cleanup(server.Close)
			o, err := gateway.NewOSRM(gateway.OSRMConfig{URL: server.URL, Profiles: map[dispatch.Vehicle]string{dispatch.Car: "car"}})
			if err != nil {
				t.Fatal(err)
			}
			p := points(2)

			table, err := o.Table(t.Context(), dispatch.Car, p, p)

			if !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "50.0") {
				t.Errorf("error = %v, want unavailable, without places", err)
			}
			if got, crow := table.Time(dispatch.Car, p[0], p[1]), (dispatch.Crow{}).Time(dispatch.Car, p[0], p[1]); got != crow {
				t.Errorf("way = %v, want the crow's %v", got, crow)
			}
		})
	}
	if _, err := gateway.NewOSRM(gateway.OSRMConfig{URL: "ftp://roads"}); err == nil {
		t.Error("an address that is none was taken")
	}
}

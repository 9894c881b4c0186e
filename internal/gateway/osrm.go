package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/fault"
	"housecall/internal/geo"
)

// OSRMConfig says where travel times by road come from: a server that answers as OSRM's table service
// does. It is told places and nothing else.
type OSRMConfig struct {
	URL      string
	Profiles map[dispatch.Vehicle]string // the server's name for how a vehicle moves; one without: Else
	Else     dispatch.Travel             // what answers where the server does not; nil: dispatch.Crow
	Timeout  time.Duration               // of one question; 0: 2 s
	Most     int                         // places in one question; 0: 100, as OSRM has it
}

// OSRM asks for tables of travel times.
type OSRM struct {
	config OSRMConfig
	client *http.Client
}

// NewOSRM checks the configuration; it does not connect.
func NewOSRM(c OSRMConfig) (*OSRM, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("travel times: the server's address must begin with https:// or http://")
	}
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Most == 0 {
		c.Most = 100
	}
	if c.Most < 2 {
		return nil, errors.New("travel times: a question needs two places at least")
	}
	if c.Else == nil {
		c.Else = dispatch.Crow{}
	}
	return &OSRM{config: c, client: &http.Client{Timeout: c.Timeout}}, nil
}

// Table fetches the ways of a vehicle from every place to every other, for a plan that is about to be
// made. Where the server does not answer, the fault is Unavailable and the table still answers, by Else:
// a plan by rougher times is better than none.
func (o *OSRM) Table(ctx context.Context, v dispatch.Vehicle, from, to []geo.Point) (dispatch.Table, error) {
	table := dispatch.Table{Times: map[dispatch.Leg]time.Duration{}, Else: o.config.Else}
	profile, ok := o.config.Profiles[v]
	if !ok {
		return table, nil
	}
	half := o.config.Most / 2
	for i := 0; i < len(from); i += half {
		for k := 0; k < len(to); k += half {
			rows, columns := from[i:min(len(from), i+half)], to[k:min(len(to), k+half)]
			if err := o.ask(ctx, v, profile, rows, columns, table.Times); err != nil {
				return table, fault.New(fault.Unavailable, "Travel times by road are not to be had now.").Because(err)
			}
		}
	}
	return table, nil
}

// ask puts one question.
func (o *OSRM) ask(ctx context.Context, v dispatch.Vehicle, profile string, from, to []geo.Point, into map[dispatch.Leg]time.Duration) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.question(profile, from, to), nil)
	if err != nil {
		return errors.New("ask for travel times: the question can't be written")
	}
	answer, err := o.client.Do(r)
	if err != nil {
		return errors.New("ask for travel times: no answer") // the error itself holds the places
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask for travel times: answered %d", answer.StatusCode)
	}
	var body struct {
		Code      string       `json:"code"`
		Durations [][]*float64 `json:"durations"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 16<<20)).Decode(&body); err != nil || body.Code != "Ok" || len(body.Durations) != len(from) {
		return errors.New("ask for travel times: an answer that is no table")
	}
	for i, row := range body.Durations {
		if len(row) != len(to) {
			return errors.New("ask for travel times: a table with holes")
		}
		for k, seconds := range row { // null: no way is known, Else answers
			if seconds != nil && *seconds >= 0 && !math.IsInf(*seconds, 0) {
				into[dispatch.Leg{Vehicle: v, From: from[i], To: to[k]}] = time.Duration(*seconds * float64(time.Second)).Truncate(time.Millisecond)
			}
		}
	}
	return nil
}

// question is the address of OSRM's table service: all places, then which are origins and which ends.
func (o *OSRM) question(profile string, from, to []geo.Point) string {
	var places, sources, destinations []string
	for _, p := range from {
		sources = append(sources, strconv.Itoa(len(places)))
		places = append(places, fmt.Sprintf("%.6f,%.6f", p.Lon, p.Lat))
	}
	for _, p := range to {
		destinations = append(destinations, strconv.Itoa(len(places)))
		places = append(places, fmt.Sprintf("%.6f,%.6f", p.Lon, p.Lat))
	}
	return fmt.Sprintf("%s/table/v1/%s/%s?annotations=duration&sources=%s&destinations=%s", strings.TrimRight(o.config.URL, "/"),
		url.PathEscape(profile), strings.Join(places, ";"), strings.Join(sources, ";"), strings.Join(destinations, ";"))
}

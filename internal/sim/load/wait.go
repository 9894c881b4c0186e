package load

import (
	"context"
	"encoding/json"
	"time"
)

// stuckAfter is how long people wait for what should come by itself.
const stuckAfter = 60 * time.Second

// now is the machine's time: the load watches a server from outside.
func now() time.Time { return time.Now() } //nolint:forbidigo // as it says

// rest waits; false when ctx has ended.
func rest(ctx context.Context, d time.Duration) bool { return wait(ctx, nil, d) }

// wait returns when something has come or the time is up; false when ctx has ended.
func wait(ctx context.Context, come <-chan struct{}, within time.Duration) bool {
	late := time.NewTimer(within) //nolint:forbidigo // a person's patience beside the service
	defer late.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-come:
	case <-late.C:
	}
	return true
}

// idOf is what an answer is about: its id, or that of the document within.
func idOf(body []byte) string {
	var a struct {
		ID   string `json:"id"`
		Fill struct {
			ID string `json:"id"`
		} `json:"fill"`
		Visit struct {
			ID string `json:"id"`
		} `json:"visit"`
	}
	_ = json.Unmarshal(body, &a) // what has no id is told apart by its status alone
	if a.ID != "" {
		return a.ID
	}
	return a.Fill.ID + a.Visit.ID
}

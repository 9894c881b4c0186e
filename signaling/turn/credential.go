package turn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// credentialTime is how long after it was given a credential makes allocations.
const credentialTime = 10 * time.Minute

// mostAllocations is how many allocations one credential may hold at once: a browser makes one for each
// of its networks and each way to the relay.
const mostAllocations = 16

// Credential lets one seat make allocations until it expires; those made live on.
type Credential struct {
	Username string
	Password string
	Expires  time.Time
}

// Credential answers a credential for a seat. The seat's name stands in it and must describe nobody.
func (r *Relay) Credential(seat string) Credential {
	expires := r.Clock.Now().Add(credentialTime)
	username := strconv.FormatInt(expires.Unix(), 10) + ":" + seat
	return Credential{Username: username, Password: r.password(username), Expires: expires.Truncate(time.Second)}
}

func (r *Relay) password(username string) string {
	m := hmac.New(sha256.New, r.Secret)
	m.Write([]byte(username))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// fresh tells whether a user name says a time to come. Whether it was given by us, the password shows.
func (r *Relay) fresh(username string) bool {
	text, seat, found := strings.Cut(username, ":")
	until, err := strconv.ParseInt(text, 10, 64)
	return found && seat != "" && err == nil && r.Clock.Now().Before(time.Unix(until, 0))
}

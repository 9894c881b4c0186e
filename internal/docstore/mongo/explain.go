package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// ErrUnreachable says that nobody answered, or nobody who takes writes: what was asked may be right. Try again
// later.
var ErrUnreachable = errors.New("nobody answered")

// explain says what an operator can do about a MongoDB that can't be used. The driver's errors name
// hosts and users, never passwords.
func explain(hosts string, err error) error {
	var server mongo.ServerError
	switch {
	case errors.As(err, &server) && server.HasErrorCode(codeAuthenticationFailed):
		return fmt.Errorf("MongoDB at %s refuses this user name and password; correct them in the store's URI: %w", hosts, err)
	case mongo.IsNetworkError(err), mongo.IsTimeout(err), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w for documents: MongoDB at %s can't be reached; start it, or correct the store's URI: %w", ErrUnreachable, hosts, err)
	}
	return fmt.Errorf("open store in MongoDB at %s: %w", hosts, err)
}

package blob

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"housecall/internal/fault"
)

// room turns a full disk into what a person may read; faults stay as they are.
func room(err error) error {
	var f *fault.Error
	switch {
	case err == nil, errors.As(err, &f):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return noRoom(err)
	}
	return fmt.Errorf("write file: %w", err)
}

func noRoom(err error) *fault.Error {
	return fault.New(fault.Unavailable, "We can't keep files just now. Nothing was changed; try again in a few minutes.").
		After(time.Minute).Because(err)
}

package recording

import (
	"context"
	"fmt"
)

// Destroy deletes the files of a recording, of these sizes, the last part first: what a crash leaves is deleted when
// it is called again. That it was ever made is the book's to remember.
func Destroy(ctx context.Context, from Store, id string, sizes []int64) error {
	for file, size := range sizes {
		for n := max(0, int(size-1)/partSize); n >= 0; n-- {
			if err := from.Delete(ctx, partKey(id, file, n)); err != nil {
				return fmt.Errorf("destroy file %d of recording %s: %w", file, id, err)
			}
		}
	}
	return nil
}

package prescribing_test

import (
	"os"
	"testing"

	"housecall/internal/prescribing"
)

func TestTheHouseFormularyLoads(t *testing.T) {
	t.Parallel()

	if err := prescribing.CheckFormulary(nil, os.Stderr); err != nil {
		t.Fatal(err)
	}
}

package logging_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"housecall/internal/logging"
	"housecall/internal/phi"
)

func TestNoLineTellsWhatDescribesAPerson(t *testing.T) {
	type person struct{ Name phi.Text }
	const name = "Wang Xiulan"
	for _, text := range []bool{false, true} {
		var out bytes.Buffer
		log := logging.New(&out, slog.LevelInfo, text).With("who", person{name})

		log.Info("tried", "text", phi.Text(name), "struct", person{name}, "pointer", &person{name}, "slice", []phi.Text{name},
			"map", map[string]phi.Text{"n": name}, slog.Group("g", "inner", person{name}), "error", errors.New("dispense order ord_1: gone"))

		if got := out.String(); strings.Contains(got, "Wang") || !strings.Contains(got, "ord_1") {
			t.Errorf("text %v: the line tells too much or too little: %s", text, got)
		}
	}
}

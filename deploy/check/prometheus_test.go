package check

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

func TestAlertsAreRulesThatPrometheusTakesAndSayWhatToDo(t *testing.T) {
	t.Parallel()

	groups, errs := rulefmt.Parse(read(t, "prometheus/alerts.yml"), false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))

	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil || len(groups.Groups) == 0 {
		t.Fatal("no groups of rules")
	}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			if r.Annotations["todo"] == "" || r.Labels["severity"] == "" || r.For == 0 {
				t.Errorf("%s does not say what to do, how bad it is, or for how long", r.Alert)
			}
		}
	}
}

func TestBoardAsksWhatPrometheusUnderstands(t *testing.T) {
	t.Parallel()
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, "grafana/housecall.json"), &board); err != nil {
		t.Fatal(err)
	}
	if len(board.Panels) < 8 {
		t.Errorf("the board has %d panels", len(board.Panels))
	}
	p := parser.NewParser(parser.Options{})
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			if _, err := p.ParseExpr(strings.ReplaceAll(target.Expr, "$__rate_interval", "1m")); err != nil {
				t.Errorf("%s: %v", panel.Title, err)
			}
		}
	}
}

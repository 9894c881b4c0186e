package httpapi_test

import (
	"testing"
	"time"
)

func TestOperatorSaysThatItRainsUntilThenAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	q := newQuarter(t)
	z := q.ask(201, "op", "POST", "/zones", lantern())
	weather := "/zones/" + z["id"].(string) + "/weather"

	q.ask(403, "ann", "POST", weather, fields{"rain": true})
	q.ask(422, "op", "POST", weather, fields{"rain": true, "minutes": 5})
	q.ask(422, "op", "POST", weather, fields{"rain": true, "minutes": 2000})
	wet := q.ask(200, "op", "POST", weather, fields{"rain": true, "minutes": 60})
	dry := q.ask(200, "op", "POST", weather, fields{"rain": false})

	raining, _ := wet["raining"].(map[string]any)
	if wet["rain"] != true || raining["by"] != "acc_op" || raining["until"] != q.clock.Now().Add(time.Hour).Format(time.RFC3339) {
		t.Errorf("it is answered %v, %v; want who said so, and an hour from now", wet["rain"], raining)
	}
	if dry["rain"] != false || dry["raining"] != nil {
		t.Errorf("afterwards it is answered %v, %v", dry["rain"], dry["raining"])
	}
}

func TestOperatorReadsHowFullTheSlotsOfAZoneAre(t *testing.T) {
	t.Parallel()
	q := newQuarter(t)
	content := lantern()
	content["windows"] = []fields{}
	for day := range 7 {
		content["windows"] = append(content["windows"].([]fields), fields{"day": day, "from": "18:00", "until": "20:00", "places": 3})
	}
	z := q.ask(201, "op", "POST", "/zones", content)
	slots := "/zones/" + z["id"].(string) + "/slots"

	q.ask(401, "", "GET", slots, nil)
	q.ask(403, "ann", "GET", slots, nil)
	q.ask(404, "op", "GET", "/zones/zone_none/slots", nil)
	all, _ := q.ask(200, "op", "GET", slots, nil)["items"].([]any)

	if len(all) < 3 {
		t.Fatalf("%d slots are listed for the next days", len(all))
	}
	first, _ := all[0].(map[string]any)
	if first["places"] != 3.0 || first["taken"] != 0.0 {
		t.Errorf("the first is %v, want none of three taken", first)
	}
}

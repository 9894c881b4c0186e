package httpapi

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"housecall/internal/intake"
)

func TestIntakeReadsTheSameWhetherItsQuestionsAreSpeltOrRemembered(t *testing.T) {
	t.Parallel()
	ask := func(n int, answer string) intake.Question {
		return intake.Question{ID: fmt.Sprint("R", n), Text: &intake.Text{EN: "Is it <b>worse</b> & \"new\"?", ZH: "更严重吗？"}, Answer: answer}
	}
	lists := map[string][]intake.Question{
		"none": {}, "no list": nil, "one": {ask(1, "")}, "three": {ask(1, ""), ask(2, "yes"), ask(3, "no")}, "answered": {ask(1, "yes")},
	}
	known := &spelt[intake.Question]{}
	for name, list := range lists {
		for range 2 {
			var remembered, plain bytes.Buffer
			v := &IntakeView{ID: "itk_1", Words: "hot & cold", Questions: list}
			spelled := v
			v.spelt = known

			if err := writeJSON(&remembered, v); err != nil {
				t.Fatal(err)
			}
			if err := encode(&plain, spelled); err != nil {
				t.Fatal(err)
			}

			if remembered.String() != plain.String() {
				t.Errorf("%s: %s\nwant %s", name, remembered.String(), plain.String())
			}
		}
	}
}

func TestManyReadersSpellTheSameWords(t *testing.T) {
	t.Parallel()
	var known spelt[int]
	var readers sync.WaitGroup
	for range 16 {
		readers.Go(func() {
			for n := range 2 * maxSpelt {
				if n%97 != 0 {
					continue
				}
				if text, err := known.json(n); err != nil || string(text) != fmt.Sprint(n) {
					t.Errorf("%d = %q, %v", n, text, err)
				}
			}
		})
	}
	readers.Wait()
}

func TestWordsThatComeAfterManyAreSpeltButNotKept(t *testing.T) {
	t.Parallel()
	full := make(map[int][]byte, maxSpelt)
	for n := range maxSpelt {
		full[n] = nil
	}
	var known spelt[int]
	known.known.Store(&full)

	text, err := known.json(maxSpelt)

	if err != nil || string(text) != fmt.Sprint(maxSpelt) || len(*known.known.Load()) != maxSpelt {
		t.Errorf("spelt %q, %v; %d are kept", text, err, len(*known.known.Load()))
	}
}

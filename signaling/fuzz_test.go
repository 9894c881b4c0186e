package signaling

import "testing"

func FuzzMessage(f *testing.F) {
	for _, s := range []string{
		`{"t":"join","v":1,"offer":"x","muted":{"sound":true}}`, `{"t":"offer","id":1,"sdp":"x"}`, `{"t":"mute","sound":true}`,
		`{"t":"chat","id":"a","text":"b"}`, `{"t":"file","id":"a","name":"n","ref":"r","size":-1}`, `{"t":"seen","upto":3}`,
		`{"t":"caption","text":"x"}`, `{"t":"want","level":"low"}`, `{"t":"report","slots":[{"slot":9}]}`, `{"t":"ping","id":1}`,
		`{"t":"hand","up":true}`, `{"t":"leave"}`, `{"t":"later"}`, `[]`, `null`, `{"t":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := read(data)
		if w, ok := m.(*Write); ok && err == nil && (len(w.ID) > maxID || w.ID == "") {
			t.Error("an id out of its limits was taken")
		}
	})
}

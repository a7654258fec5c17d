package clics_test

import (
	"bytes"
	"reflect"
	"testing"

	"rollcall/contest/clics"
)

// Whatever the bytes: an error, or events that the wire takes, the same at
// every reading.
func FuzzEvents(f *testing.F) {
	f.Add([]byte(head + sub("s1", "1", "p", "0:10:00.5") + jud("j1", "s1", "WA", `"valid":false`) + jud("j2", "s1", "AC", `"start_contest_time":"0:10:01"`)))
	f.Add([]byte(`{"type":"contests","id":"e0","op":"create","data":{"id":1,"penalty_time":"0:20:00"}}` + "\n" + `{"type":"teams","id":"e2","op":"delete","data":{"id":7}}`))
	f.Add([]byte(head + `{"type":"submissions","id":null,"data":[{"id":"s3","team_id":"2","problem_id":"q","contest_time":"-0:12:00"}]}` + "\n\n" + `{"type":"submissions","id":"s3","data":null}`))
	f.Add([]byte(head + `{"type":"submissions","id":"s","data":{"team_id":"1","problem_id":"p","time":"2026-01-01T11:00:00+05"}}` + "\n" + `{"type":"teams","id":"1","data":{"name":"\u202e\ud800","group_ids":[1,null]}}`))
	f.Add([]byte(`{"type":"contest","data":{"duration":"999999:59:59.999999999","penalty_time":100000}}` + "\n" + `{"type":"submissions","id":"s1","data":{"id":"s1","te`))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := clics.Events(bytes.NewReader(file))
		if err != nil {
			return
		}
		for i, e := range r.Events {
			wantWire(t, e.Event)
			if e.At < 0 || i > 0 && e.At < r.Events[i-1].At {
				t.Errorf("event %d at %v", i, e.At)
			}
		}
		again, err := clics.Events(bytes.NewReader(file))
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Errorf("a second reading differs: %v", err)
		}
	})
}

package hub

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"rollcall/wire"
)

// FuzzRequest: whatever a session is sent, it is read the same by who may push
// and who may not, a fault is one of the table, and every event is judged as if
// it came alone.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		`{"id":1,"op":"hello","token":"t","name":"n"}`, `{"id":2,"op":"subscribe","view":"top","board":"b","n":50,"at":"x","max_hz":0.5}`,
		`{"id":3,"op":"score","board":"b","events":[{"member":"m","op":"set","score":1,"source":"s","seq":1},{"member":"m","op":5}]}`,
		`{"id":3,"op":"score","events":[5,null,[],"x",{}]}`, `{"events":{}}`, `{"events":[` + strings.Repeat("0,", 65) + `0]}`,
		`{"id":"1"}`, `{"id":1.5,"op":7}`, `null`, `[]`, `{`, ``, `{"id":1,"id":2,"events":[{"member":"a"}],"events":[{}]}`,
	} {
		f.Add([]byte(s))
	}
	player, pusher := &session{who: &Principal{Roles: []Role{Player}}}, &session{who: &Principal{Roles: []Role{Pusher}}}
	f.Fuzz(func(t *testing.T, msg []byte) {
		plain, plainErr := player.readRequest(msg)
		req, err := pusher.readRequest(msg)
		if (err == nil) != (plainErr == nil) || req.Op != plain.Op || req.ID != plain.ID || req.Board != plain.Board {
			t.Fatalf("%+v %v for a pusher, %+v %v for a player", req, err, plain, plainErr)
		}
		if err != nil {
			if fault := requestFault(err); !fault.Code.Known() || fault.Message == "" {
				t.Fatalf("%+v", fault)
			}
			return
		}
		if len(plain.incoming) != 0 {
			t.Fatal("a player's events were decoded")
		}
		if !repeatsEvents(msg) {
			wantSameEvents(t, plain.Events, req.incoming)
		}
	})
}

// repeatsEvents reports whether a message names its events more than once:
// RFC 8259 leaves open what that means, and encoding/json mixes the lists.
func repeatsEvents(msg []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(msg))
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return false
	}
	lists := 0
	for dec.More() {
		key, _ := dec.Token()
		var skipped json.RawMessage
		if dec.Decode(&skipped) != nil {
			break
		}
		if name, ok := key.(string); ok && strings.EqualFold(name, "events") {
			lists++
		}
	}
	return lists > 1
}

func wantSameEvents(t *testing.T, raws []json.RawMessage, in []wire.Incoming) {
	if len(raws) > wire.MaxBatch && len(in) == 0 {
		return // refused for their number
	}
	if alone := wire.DecodeEach(raws); len(in) != len(raws) || len(in) > 0 && !reflect.DeepEqual(in, alone) {
		t.Fatalf("%+v together, %+v alone", in, alone)
	}
}

package wire_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"rollcall/wire"
)

var seeds = []string{
	`{"member":"alok","op":"incr","score":10,"name":"Alok","group":"CSE","cells":{"A":{"judged":2}},"source":"judge-1","seq":42}`,
	`{"member":"m","op":"set","score":-0,"tie":3,"id":"x","epoch":"e","audience":"public"}`,
	`{"member":"m","op":"patch","cells":{"A":null, "B": [1, 2 ] }}`, `{"member":"m","op":"remove","source":"s","seq":1,"generation":2}`,
	`{"member":"m","op":"set","score":1e400,"source":"s","seq":1}`, `{"member":"m","op":"set","score":9007199254740993}`,
	`{"member":"m","op":"set","score":"ten","source":"s","seq":1}`, `{"source":"s","seq":-1}`, `{"source":"s","seq":1,"id":"x"}`,
	`{"source":"a b","seq":1}`, `{"seq":1}`, `{"source":7,"score":"x"}`, `{"member":"a\ud800","op":"set","score":1}`,
	`{"member":"m","op":"set","score":1,"cells":{"":1}}`, `{"member":"m","op":"set","score":1,"cells":{"A":"<>&\u2028"}}`,
	`{"member":"m","member":"n","op":"set","score":1,"cells":{"A":1},"cells":{"B":2}}`, `{"MEMBER":"m","Op":"set","score":1}`,
	`{"member":"m","op":"set","score":0,"cells":{}}`,
	`null`, `42`, `"x"`, `[]`, `{}`, ``, `{`, `[1,{"member":"m"}]`, `[{"member":"m","op":"set","score":1},{"op":5}]`, "{\"member\":\"\xff\"}",
	`{"member":"m","op":"set","score":1} {}`, `[` + strings.Repeat(`[`, 11000), strings.Repeat(`{"cells":`, 11000),
	`{"member":"m","op":"best","score":1,"tie":9007199254740993}`, `{"member":"m","op":"set","score":1,"tie":1.5,"source":"s","seq":18446744073709551616}`,
}

// wantJudged holds what is true of every decoded event.
func wantJudged(t *testing.T, in wire.Incoming) {
	t.Helper()
	if in.Fault != nil && (!in.Fault.Code.Known() || in.Fault.Message == "") {
		t.Fatalf("fault %+v has no known code or no message", in.Fault)
	}
	if in.Fault == nil && !in.Identified {
		t.Fatalf("taken without an identity: %+v", in.Event)
	}
	if fault := in.Event.CheckIdentity(); in.Identified && fault != nil {
		t.Fatalf("identified by what is no identity: %v in %+v", fault, in.Event)
	}
	if in.Fault != nil {
		return
	}
	if fault := wire.CheckMember("member", in.Event.Member); fault != nil {
		t.Fatal(fault)
	}
	if s := in.Event.Score; s != nil && !(*s <= wire.MaxScore && *s >= -wire.MaxScore) {
		t.Fatalf("score %v", *s)
	}
	again := wire.DecodeEvent(reencode(t, in.Event))
	if len(in.Event.Cells) == 0 {
		in.Event.Cells = nil // {} is as good as absent
	}
	if again.Fault != nil || !reflect.DeepEqual(again.Event, in.Event) {
		t.Fatalf("%+v became %+v %v", in.Event, again.Event, again.Fault)
	}
}

// reencode writes an event without the escapes that HTML needs, which could
// carry a cell over its limit.
func reencode(t *testing.T, e wire.Event) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func FuzzDecodeEvent(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { wantJudged(t, wire.DecodeEvent(raw)) })
}

func FuzzDecodeEvents(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
		f.Add([]byte(`[` + s + `,` + s + `]`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, fault := wire.DecodeEvents(body)
		if fault != nil {
			if !fault.Code.Known() || fault.Message == "" || in != nil {
				t.Fatalf("%+v with %d events", fault, len(in))
			}
			return
		}
		if !json.Valid(body) {
			t.Fatal("a body that does not parse was taken")
		}
		for _, event := range in {
			wantJudged(t, event)
		}
		wantEachAlone(t, body, in)
	})
}

// wantEachAlone: an event in an array is judged as if it came alone.
func wantEachAlone(t *testing.T, body []byte, in []wire.Incoming) {
	var raws []json.RawMessage
	if json.Unmarshal(body, &raws) != nil || raws == nil {
		return
	}
	if len(raws) != len(in) {
		t.Fatalf("%d events of %d", len(in), len(raws))
	}
	for i, raw := range raws {
		if alone := wire.DecodeEvent(raw); !reflect.DeepEqual(alone, in[i]) {
			t.Fatalf("%s is %+v alone and %+v among others", raw, alone, in[i])
		}
	}
}

func TestBodyOfTinyEventsIsRefusedWhole(t *testing.T) {
	tiny := strings.TrimSuffix(strings.Repeat("0,", wire.MaxEvents+1), ",")
	if in, fault := wire.DecodeEvents([]byte("[" + tiny + "]")); in != nil || fault == nil || fault.Code != wire.TooMany {
		t.Errorf("%d events, %v", len(in), fault)
	}
	good := `{"member":"m","op":"remove"},`
	if most := wire.MaxBody / len(good); most > wire.MaxEvents {
		t.Errorf("%d good events fit into a body, %d are allowed", most, wire.MaxEvents)
	}
}

package client

import (
	"encoding/json"
	"testing"
	"testing/synctest"

	"rollcall/wire"
)

func TestAnswersAreToldFromPushes(t *testing.T) {
	for frame, want := range map[string]int64{
		`{"id":7,"ok":{}}`:                       7,
		`{"id":0,"error":{}}`:                    0,
		`{"ok":{},"id":12}`:                      12,
		`{"id": 3}`:                              3,
		`{"id":4}`:                               4,
		`{"view":"top","sub":"s1"}`:              -1,
		`{"sub":"s1","view":"top"}`:              -1,
		`{"id":-5,"ok":{}}`:                      -5,
		`{"id":x}`:                               -1,
		`{"id":,}`:                               -1,
		`{"id":99999999999999999999999,"ok":{}}`: -1,
		``:                                       -1,
	} {
		id, ok := answerID([]byte(frame))
		if !ok {
			id = -1
		}
		if id != want {
			t.Errorf("%s: id %d, want %d", frame, id, want)
		}
	}
}

// A call that waits for the writer when its connection ends is told once: by
// the end of the connection, or by send.
func TestACallIsToldOnce(t *testing.T) {
	for _, abandonFirst := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(nil, 0)
			for range outDepth {
				l.out <- &call{}
			}
			done := make(chan *call, 1)
			sent := make(chan error, 1)
			go func() { sent <- l.send(t.Context(), &call{id: 2, done: done}) }()
			synctest.Wait()
			if abandonFirst {
				l.abandon()
			}
			close(l.done)
			err := <-sent
			l.abandon()
			if told := len(done) == 1; told != (err == nil) {
				t.Errorf("abandoned first %v: send says %v, told %v", abandonFirst, err, told)
			}
		})
	}
}

// Whatever a server sends, reading it does not panic.
func FuzzFramesFromTheServer(f *testing.F) {
	for _, seed := range []string{
		`{"id":2,"ok":{"results":[{"status":"applied","version":1,"member":"m"}]}}`,
		`{"id":2,"error":{"code":"busy","message":"full"}}`,
		`{"view":"top","sub":"s","at":"a","snapshot":{"entries":[{"rank":1,"member":"m"}]}}`,
		`{"view":"top","sub":"s","from":"a","at":"b","delta":{"entries":[{"rank":2,"member":"m","cells":{}}]}}`,
		`{"view":"top","sub":"s","from":"a","at":"b"}`,
		`{"standing":{"board":"b","source":"s","epoch":"e","generation":1,"seq":5,"durable":3}}`, `{"bye":{"after_ms":1000}}`,
		`{"standing":{}}`, `{"bye":{"after_ms":-1}}`, `{"id":2,"ok":null}`, `null`, `[]`, `{`,
	} {
		f.Add([]byte(seed), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		l := newLink(nil, 0)
		s := &Source{box: newOutbox(newSourceConfig(nil), 0)}
		l.standing = func(st *wire.Standing) { s.note(&st.SourceState) }
		defer func() {
			if l.leave != nil {
				l.leave.Stop()
			}
		}()
		done := make(chan *call, 1)
		m := &message{results: make([]wire.Result, 1), answer: new(wire.Results)}
		l.pending[2] = &call{id: 2, ok: m.answer, done: done}
		l.route("s", newFeed(wire.Request{}, folding(FoldBoard), func() {}))
		if l.dispatch(first) == nil {
			_ = l.dispatch(second)
		}
		select {
		case cl := <-done:
			_ = m.settle(cl)
		default:
		}
	})
}

func TestMessageOfEvents(t *testing.T) {
	frame, n, err := newEncoder().message(7, "finals", wire.AckDisk, events(3), wire.Limits{Events: 2, FrameBytes: 1000})
	if err != nil || n != 2 {
		t.Fatalf("%d events, error %v", n, err)
	}
	var r wire.Request
	if err := json.Unmarshal(frame, &r); err != nil {
		t.Fatal(err)
	}
	var last wire.Event
	if err := json.Unmarshal(r.Events[1], &last); err != nil {
		t.Fatal(err)
	}
	if r.ID != 7 || r.Op != wire.OpScore || r.Board != "finals" || len(r.Events) != 2 || last.Member != "m2" || r.Ack != wire.AckDisk {
		t.Errorf("message %s", frame)
	}
}

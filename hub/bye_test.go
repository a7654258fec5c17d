package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub"
	"rollcall/wire"
)

// farewell is what one session was told, and when.
type farewell struct {
	bye   *wire.Bye
	at    time.Time // of the bye
	close int
}

// farewells reads each session to its end.
func farewells(sessions []*bubbleSession) (wait func() []farewell) {
	all := make([]farewell, len(sessions))
	var wg sync.WaitGroup
	for i, s := range sessions {
		wg.Go(func() {
			for {
				_, raw, err := s.ws.ReadMessage()
				if closed, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // gorilla's own, never wrapped
					all[i].close = closed.Code
				}
				if err != nil {
					return
				}
				var frame struct{ Bye *wire.Bye }
				if json.Unmarshal(raw, &frame) == nil && frame.Bye != nil {
					all[i].bye, all[i].at = frame.Bye, time.Now()
				}
			}
		})
	}
	return func() []farewell { wg.Wait(); return all }
}

// request makes a request over the pipe that must be answered with the status.
func (n *bubbleNode) request(method, path, body string, status int, header http.Header) http.Header {
	n.Helper()
	req, err := http.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	if err != nil {
		n.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	maps.Copy(req.Header, header)
	res, err := n.client.Do(req)
	if err != nil {
		n.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != status {
		n.Fatalf("%s %s: %s, want %d", method, path, res.Status, status)
	}
	return res.Header
}

// crowd is sessions of whom some have pushed.
func (n *bubbleNode) crowd(people, bots int) (all []*bubbleSession) {
	n.Helper()
	n.request(http.MethodPut, "/v1/boards/b", "{}", http.StatusCreated, nil)
	for i := range people + bots {
		s := n.hello(fmt.Sprint("u", i))
		if i >= people {
			s.ok(wire.Request{Op: "score", Board: "b", Events: []json.RawMessage{json.RawMessage(`{"member":"m","op":"set","score":1}`)}}, nil)
		}
		all = append(all, s)
	}
	return all
}

func TestEachSessionIsToldWhenToComeBack(t *testing.T) {
	const people, bots = 180, 40
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		wait := farewells(n.crowd(people, bots))
		began := time.Now()
		n.hub.Drain(context.Background(), 10*time.Second)
		if took := time.Since(began); took < 190*time.Millisecond || took > 300*time.Millisecond {
			t.Errorf("the bye of %d sessions took %v: they are to go at 1,000 a second", people+bots, took)
		}
		all := wait()
		lastBot, firstOther := time.Time{}, time.Now()
		different := map[int64]bool{}
		for i, f := range all {
			if f.bye == nil || f.close != wire.CloseRestart {
				t.Fatalf("session %d was told %+v", i, f)
			}
			window := int64(people)
			if i >= people {
				window = bots
			}
			if f.bye.AfterMS < 0 || f.bye.AfterMS > window {
				t.Errorf("session %d is to come back after %d ms, over %d", i, f.bye.AfterMS, window)
			}
			different[f.bye.AfterMS] = true
			if i >= people && f.at.After(lastBot) {
				lastBot = f.at
			}
			if i < people && f.at.Before(firstOther) {
				firstOther = f.at
			}
		}
		if lastBot.After(firstOther) {
			t.Errorf("a bot was told %v after people", lastBot.Sub(firstOther))
		}
		if len(different) < people/4 {
			t.Errorf("they come back in step: %d different delays", len(different))
		}
	})
}

func TestNobodyIsToldToComeBackTooLate(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		wait := farewells(n.crowd(100, 0))
		n.hub.Drain(context.Background(), 5*time.Millisecond)
		for i, f := range wait() {
			if f.bye == nil || f.bye.AfterMS > 5 {
				t.Errorf("session %d was told %+v", i, f.bye)
			}
		}
	})
}

func TestDrainingNodeTakesNoSessionsAndSaysHowFarItIs(t *testing.T) {
	var log bytes.Buffer
	bubble(t, hub.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, func(n *bubbleNode) {
		wait := farewells(n.crowd(1500, 0))
		drained := make(chan struct{})
		go func() { defer close(drained); n.hub.Drain(context.Background(), time.Second) }()
		time.Sleep(time.Second / 2)
		synctest.Wait()
		for _, path := range []string{"/ws", "/v1/boards/b/stream"} {
			header := n.request(http.MethodGet, path, "", http.StatusServiceUnavailable, http.Header{
				"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
			})
			if header.Get("Retry-After") == "" {
				t.Errorf("%s while draining is answered without Retry-After", path)
			}
		}
		n.request(http.MethodGet, "/v1/boards/b", "", http.StatusOK, nil) // what needs no session is served
		<-drained
		wait()
		if said := log.String(); !strings.Contains(said, "draining") || !strings.Contains(said, "sessions=1500") || !strings.Contains(said, "drained") {
			t.Errorf("the log says %s", said)
		}
	})
}

func TestDrainWithoutTimeTellsEverybodyAtOnce(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		wait := farewells(n.crowd(300, 0))
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		began := time.Now()
		n.hub.Drain(ctx, time.Second)
		if took := time.Since(began); took > 10*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		for i, f := range wait() {
			if f.bye == nil || f.close != wire.CloseRestart {
				t.Errorf("session %d was told %+v", i, f)
			}
		}
	})
}

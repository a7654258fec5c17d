package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub"
	"rollcall/wire"
)

// witness is a watcher of a room who notes who came and went, and when, to the
// second.
type witness struct {
	began time.Time

	mu       sync.Mutex
	log      []string
	in       map[string]bool
	degraded bool
}

func (n *bubbleNode) witness(room string) *witness {
	n.Helper()
	s := n.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "presence", Room: room}, nil)
	w := &witness{began: time.Now(), in: map[string]bool{}}
	go func() {
		for {
			_ = s.ws.SetReadDeadline(time.Time{})
			_, raw, err := s.ws.ReadMessage()
			if err != nil {
				return
			}
			w.see(n, raw)
		}
	}()
	return w
}

func (w *witness) see(n *bubbleNode, raw []byte) {
	var push struct {
		Snapshot *wire.PresenceSnapshot
		Delta    *wire.PresenceDelta
	}
	if err := json.Unmarshal(raw, &push); err != nil {
		n.Errorf("%v in %s", err, raw)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	came, went := []wire.User{}, []string{}
	degraded := push.Snapshot != nil && push.Snapshot.Degraded || push.Delta != nil && push.Delta.Degraded
	if degraded && !w.degraded {
		w.log = append(w.log, "degraded")
	}
	w.degraded = degraded
	if push.Snapshot != nil {
		came = push.Snapshot.Users
		for user := range w.in {
			if !slices.ContainsFunc(came, func(u wire.User) bool { return u.User == user }) {
				went = append(went, user)
			}
		}
	} else if push.Delta != nil {
		came, went = push.Delta.Users, push.Delta.Left
	}
	for _, u := range came {
		if !w.in[u.User] {
			w.noteLocked("+", u.User)
		}
		w.in[u.User] = true
	}
	for _, user := range went {
		w.noteLocked("-", user)
		delete(w.in, user)
	}
}

func (w *witness) noteLocked(sign, user string) {
	w.log = append(w.log, fmt.Sprintf("%s%s@%d", sign, user, time.Since(w.began)/time.Second))
}

func (w *witness) want(t testing.TB, log ...string) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.log, log) {
		t.Errorf("the room was told %v, want %v", w.log, log)
	}
}

// wantIn checks who is shown now, to the watcher.
func (w *witness) wantIn(t testing.TB, users ...string) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if in := slices.Sorted(maps.Keys(w.in)); !slices.Equal(in, users) {
		t.Errorf("the room shows %v, want %v", in, users)
	}
}

func (s *bubbleSession) joins(room string) *bubbleSession {
	s.Helper()
	s.ok(wire.Request{Op: "join", Room: room}, nil)
	return s
}

// closes says goodbye with a code and waits for the answer.
func (s *bubbleSession) closes(code int) {
	s.Helper()
	msg := websocket.FormatCloseMessage(code, "")
	if code == websocket.CloseNoStatusReceived {
		msg = nil
	}
	if err := s.ws.WriteControl(websocket.CloseMessage, msg, time.Now().Add(time.Second)); err != nil {
		s.Error(err)
	}
	_, _, _ = s.ws.ReadMessage()
	_ = s.ws.Close()
}

// breaks tears the connection without a word.
func (s *bubbleSession) breaks() { _ = s.ws.NetConn().Close() }

func TestUserLeavesAfterTheGraceOfHowTheSessionEnded(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*bubbleSession)
		left string
	}{
		"op leave":   {func(s *bubbleSession) { s.ok(wire.Request{Op: "leave", Room: "r"}, nil) }, "-ann@10"},
		"close 1000": {func(s *bubbleSession) { s.closes(1000) }, "-ann@10"},
		"close 1001": {func(s *bubbleSession) { s.closes(1001) }, "-ann@13"},
		"close 1005": {func(s *bubbleSession) { s.closes(1005) }, "-ann@13"},
		"close 4999": {func(s *bubbleSession) { s.closes(4999) }, "-ann@17"},
		"broken":     {func(s *bubbleSession) { s.breaks() }, "-ann@17"},
		"protocol error": {func(s *bubbleSession) {
			_, _ = s.ws.NetConn().Write([]byte{0xf1, 0x80, 0, 0, 0, 0})
			s.background()
		}, "-ann@17"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, hub.Config{}, func(n *bubbleNode) {
				w := n.witness("r")
				s := n.hello("ann").joins("r")
				time.Sleep(10*time.Second + 500*time.Millisecond)
				c.end(s)
				if c.left != "-ann@10" {
					var at int
					_, _ = fmt.Sscanf(c.left, "-ann@%d", &at)
					time.Sleep(time.Duration(at-11) * time.Second)
					w.want(t, "+ann@0")
				}
				time.Sleep(2 * time.Second)
				w.want(t, "+ann@0", c.left)
				time.Sleep(time.Minute)
				w.want(t, "+ann@0", c.left)
			})
		})
	}
}

func TestAbruptLossShowsWithinThirtySeconds(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		w := n.witness("r")
		s := n.hello("ann").joins("r")
		s.answers = false // the network is gone, and nobody says so
		s.background()
		time.Sleep(29 * time.Second)
		w.want(t, "+ann@0")
		time.Sleep(2 * time.Second)
		w.want(t, "+ann@0", "-ann@30")
	})
}

func TestReturnWithinTheGraceIsNotSeen(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		w := n.witness("r")
		for range 20 { // reloads, back within the grace of 1001
			s := n.hello("ann").joins("r")
			time.Sleep(5 * time.Second)
			s.closes(1001)
			time.Sleep(2900 * time.Millisecond)
		}
		for range 20 { // a bad network
			s := n.hello("ann").joins("r")
			time.Sleep(5 * time.Second)
			s.breaks()
			time.Sleep(6900 * time.Millisecond)
		}
		n.hello("ann").joins("r").background()
		time.Sleep(time.Minute)
		w.want(t, "+ann@0")
	})
}

func TestUserWithSeveralTabsLeavesWithTheLast(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		w := n.witness("r")
		tabs := []*bubbleSession{n.hello("ann").joins("r"), n.hello("ann").joins("r"), n.hello("ann").joins("r")}
		for _, s := range tabs[1:] {
			time.Sleep(5 * time.Second)
			s.closes(1000)
		}
		time.Sleep(500 * time.Millisecond)
		w.want(t, "+ann@0")
		tabs[0].closes(1000)
		time.Sleep(time.Second)
		w.want(t, "+ann@0", "-ann@10")
	})
}

func TestHundredReloadsAtOnceFlapNobody(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		var want []string
		w := n.witness("r")
		var tabs []*bubbleSession
		for i := range 100 {
			tabs = append(tabs, n.hello(fmt.Sprintf("u%02d", i)).joins("r"))
			want = append(want, fmt.Sprintf("+u%02d@0", i))
		}
		time.Sleep(time.Second)
		var wg sync.WaitGroup
		for i, s := range tabs {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 10 * time.Millisecond)
				s.closes(1001)
				time.Sleep(time.Second)
				n.hello(fmt.Sprintf("u%02d", i)).joins("r").background()
			})
		}
		wg.Wait()
		time.Sleep(time.Minute)
		w.want(t, want...)
	})
}

func TestNodeThatGoesDownClosesInTimeAndNobodyLeaves(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		w := n.witness("r")
		var ended []<-chan error
		for i := range 20 {
			s := n.hello(fmt.Sprint("u", i)).joins("r")
			if i%2 == 0 {
				ended = append(ended, s.background())
			} // the others never read: the close frame is not answered
		}
		time.Sleep(time.Second)
		began := time.Now()
		n.hub.Drain(context.Background(), time.Second)
		n.hub.Close()
		if took := time.Since(began); took < 3*time.Second || took > 7*time.Second {
			t.Errorf("the node took %v to end", took)
		}
		for _, e := range ended {
			if err := <-e; !websocket.IsCloseError(err, wire.CloseRestart) {
				t.Errorf("a session ended with %v", err)
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, line := range w.log {
			if line[0] == '-' {
				t.Errorf("the room was told %s", line)
			}
		}
	})
}

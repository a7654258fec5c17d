package hub_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/hub"
	"rollcall/wire"
)

// post pushes an event over the pipe.
func (n *bubbleNode) post(board string, e map[string]any) {
	n.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		n.Fatal(err)
	}
	n.do("POST", "/v1/boards/"+board+"/events", string(raw), http.StatusOK)
}

func (n *bubbleNode) do(method, path, body string, want int) {
	n.Helper()
	req, err := http.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	if err != nil {
		n.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := n.client.Do(req)
	if err != nil {
		n.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != want {
		n.Fatalf("%s %s: %d, want %d", method, path, res.StatusCode, want)
	}
}

// times notes when the pushes of a session come.
func (s *bubbleSession) times() (seen func() []time.Duration) {
	began := time.Now()
	var at []time.Duration
	go func() {
		for {
			_ = s.ws.SetReadDeadline(time.Time{})
			if _, _, err := s.ws.ReadMessage(); err != nil {
				return
			}
			at = append(at, time.Since(began))
		}
	}()
	return func() []time.Duration { synctest.Wait(); return at }
}

func TestSlowWatcherDelaysNobody(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		n.do("PUT", "/v1/boards/b", "{}", http.StatusCreated)
		slow, quick := n.hello(""), n.hello("")
		slow.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", MaxHz: 0.1}, nil)
		quick.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
		slow.next()
		quick.next()
		slowly, quickly := slow.times(), quick.times()
		for i := 1; i <= 30; i++ {
			time.Sleep(time.Second)
			n.post("b", event("s", i, "m", float64(i)))
		}
		for i, at := range quickly() {
			if want := time.Duration(i+1) * time.Second; at != want {
				t.Fatalf("frame %d came at %v, want %v", i, at, want)
			}
		}
		if got := len(slowly()); got != 3 {
			t.Errorf("%d frames in 30 s at 0.1 Hz", got)
		}
	})
}

func TestQuickWatcherIsNotHeldToTheRateOfASlowOneBeforeIt(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		n.do("PUT", "/v1/boards/b", "{}", http.StatusCreated)
		slow := n.hello("")
		slow.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", MaxHz: 0.1}, nil)
		slow.next()
		slow.background()
		n.post("b", event("s", 1, "m", 1))
		time.Sleep(time.Second)
		n.post("b", event("s", 2, "m", 2)) // waits for the slow one's next frame
		quick := n.hello("")
		quick.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
		quick.next()
		seen := quick.times()
		time.Sleep(time.Second)
		n.post("b", event("s", 3, "m", 3))
		if at := seen(); len(at) != 1 || at[0] != time.Second {
			t.Errorf("frames came at %v, want one after a second", at)
		}
	})
}

func TestBusyBoardIsConflatedToItsRateAndAnIdleOneSentAtOnce(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		n.do("PUT", "/v1/boards/b", "{}", http.StatusCreated)
		s := n.hello("")
		s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
		s.next()
		time.Sleep(time.Second)
		seen := s.times()
		for i := 1; i <= 200; i++ {
			n.post("b", event("s", i, "m", float64(i)))
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(time.Second)
		at := seen()
		if at[0] != 0 {
			t.Errorf("the first change after a rest came after %v", at[0])
		}
		if len(at) < 10 || len(at) > 12 {
			t.Errorf("%d frames of a second of 200 changes, want 10 Hz", len(at))
		}
	})
}

func TestSlowWatcherOfARoomDelaysNobody(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		slow := n.hello("")
		slow.ok(wire.Request{Op: "subscribe", View: "presence", Room: "r", MaxHz: 0.1}, nil)
		slow.background()
		w := n.witness("r")
		var want []string
		for i := range 20 {
			n.hello(fmt.Sprintf("u%02d", i)).joins("r").background()
			want = append(want, fmt.Sprintf("+u%02d@%d", i, i))
			time.Sleep(time.Second)
		}
		w.want(t, want...)
		late := n.witness("r") // sees everyone at once
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if len(late.log) != 20 {
			t.Errorf("a new watcher sees %v", late.log)
		}
	})
}

func TestStreamOutlivesAQuietBoard(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		n.do("PUT", "/v1/boards/b", "{}", http.StatusCreated)
		res, err := n.client.Get("http://127.0.0.1/v1/boards/b/stream")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		lines := bufio.NewReader(res.Body)
		await := func(what string) {
			for {
				line, err := lines.ReadString('\n')
				if err != nil {
					t.Fatalf("%v while waiting for %s", err, what)
				}
				if strings.HasPrefix(line, what) {
					return
				}
			}
		}
		await("event: snapshot")
		for i := range 10 {
			time.Sleep(14 * time.Second) // just under the ping: beyond any write deadline
			e := event("s", i+1, fmt.Sprint("m", i), 1)
			e["cells"] = map[string]string{
				"A": strings.Repeat("a", 500), "B": strings.Repeat("b", 500), "C": strings.Repeat("c", 500),
				"D": strings.Repeat("d", 500), "E": strings.Repeat("e", 500), "F": strings.Repeat("f", 500), "G": strings.Repeat("g", 500),
				"H": strings.Repeat("h", 500), "I": strings.Repeat("i", 500), "J": strings.Repeat("j", 500), "snapshot": `,"snapshot":`,
			}
			n.post("b", e)
			await("event: delta")
		}
		await(": ping")
	})
}

func TestStreamThatIsNotReadEnds(t *testing.T) {
	cfg := hub.Config{}
	cfg.Limits.Connections = 1
	bubble(t, cfg, func(n *bubbleNode) {
		n.do("PUT", "/v1/boards/b", "{}", http.StatusCreated)
		stream := func() int {
			res, err := n.client.Get("http://127.0.0.1/v1/boards/b/stream")
			if err != nil {
				t.Fatal(err)
			}
			n.Cleanup(func() { _ = res.Body.Close() })
			return res.StatusCode
		}
		stream()
		for i := 1; i <= 20; i++ { // more than a client's and a server's buffer
			e := event("s", i, fmt.Sprint("m", i), 1)
			e["cells"] = map[string]string{"A": strings.Repeat("a", 500)}
			n.post("b", e)
			time.Sleep(200 * time.Millisecond)
		}
		if status := stream(); status != http.StatusTooManyRequests {
			t.Fatalf("%d beside a stream that fills the node", status)
		}
		time.Sleep(15 * time.Second)
		if status := stream(); status != http.StatusOK {
			t.Errorf("%d: the stream that nobody reads keeps its place", status)
		}
	})
}

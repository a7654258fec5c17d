package hub_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/hub"
	"rollcall/hub/membus"
	"rollcall/leaderboard"
	"rollcall/presence/memroster"
	"rollcall/wire"
)

// pusher pushes to boards of a hub, one event after the other.
type pusher struct {
	testing.TB
	hub *hub.Hub
	mu  sync.Mutex
	seq map[string]int
}

// push sends the board's next event and returns its result.
func (p *pusher) push(board string) wire.Result {
	p.Helper()
	p.mu.Lock()
	seq := p.seq[board] + 1
	p.mu.Unlock()
	body, _ := json.Marshal(event("s", seq, "ann", float64(seq)))
	var res wire.Results
	answer := p.hub.PushMessage(hub.Principal{Roles: []hub.Role{hub.Admin}}, board, hub.Asked{}, body)
	if err := json.Unmarshal(answer, &res); err != nil || len(res.Results) != 1 {
		p.Errorf("push to %s: %s %v", board, answer, err)
		return wire.Result{}
	}
	if res.Results[0].Status == wire.Applied {
		p.mu.Lock()
		p.seq[board] = seq
		p.mu.Unlock()
	}
	return res.Results[0]
}

// bubbleShared runs a test of one of the many nodes of a store, in fake time.
func bubbleShared(t *testing.T, run func(*testing.T, *forgetful, *pusher)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := newForgetful()
		roster, err := memroster.New(t.Context(), memroster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		h := hub.New(hub.Config{Shared: true}, store, roster, membus.New().Node())
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer func() {
			h.Close()
			if err := roster.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		run(t, store, &pusher{TB: t, hub: h, seq: map[string]int{}})
	})
}

func (s *forgetful) make(t testing.TB, boards int) (names []string) {
	t.Helper()
	for i := range boards {
		name := fmt.Sprintf("b%04d", i)
		if _, _, _, err := s.Put(t.Context(), name, leaderboard.Rules{}.WithDefaults()); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestDeadStoreIsNotHammered(t *testing.T) {
	bubbleShared(t, func(t *testing.T, store *forgetful, p *pusher) {
		boards := store.make(t, 100)
		store.set(func() { store.fail[""] = errRefused })
		done := make(chan struct{})
		var senders sync.WaitGroup
		for _, board := range boards {
			senders.Go(func() {
				for {
					res := p.push(board)
					wait := 100 * time.Millisecond
					if res.Error != nil && res.Error.RetryAfterMS > 0 {
						wait = time.Duration(res.Error.RetryAfterMS) * time.Millisecond
					}
					select {
					case <-done:
						return
					case <-time.After(wait):
					}
				}
			})
		}
		time.Sleep(5 * time.Second)
		if n := store.count("Apply"); n < 100 || n > 300 {
			t.Errorf("%d batches were tried, want 3 for each board at most", n)
		}
		store.count("Heads")
		time.Sleep(10 * time.Second)
		if n := store.count("Apply"); n > 0 {
			t.Errorf("%d batches were tried of a store that tells no head", n)
		}
		if n := store.count("Heads"); n > 10*4+10 {
			t.Errorf("%d looks in 10 s for all boards together, want 4 a second, and the poller's", n)
		}
		store.set(func() { delete(store.fail, "") })
		time.Sleep(time.Second)
		close(done)
		senders.Wait()
		for _, board := range boards {
			if res := p.push(board); res.Status != wire.Applied {
				t.Errorf("a second after the store is back: %+v", res)
			}
		}
	})
}

func TestOpenBreakerSaysWhenToComeBack(t *testing.T) {
	bubbleShared(t, func(t *testing.T, store *forgetful, p *pusher) {
		board := store.make(t, 1)[0]
		if res := p.push(board); res.Status != wire.Applied {
			t.Fatalf("%+v", res)
		}
		store.set(func() { store.fail["Apply"] = errRefused })
		for range 3 {
			p.push(board)
		}
		store.count("Apply")
		res := p.push(board)
		if n := store.count("Apply"); n > 0 || res.Error == nil || res.Error.Code != wire.Unavailable || res.Error.RetryAfterMS < 400 || res.Error.RetryAfterMS > 600 {
			t.Errorf("%d calls, %+v", n, res.Error)
		}
	})
}

// A store that is full tells heads and takes no events.
func TestFullStoreIsTriedTwiceASecond(t *testing.T) {
	bubbleShared(t, func(t *testing.T, store *forgetful, p *pusher) {
		board := store.make(t, 1)[0]
		store.set(func() { store.fail["Apply"] = errRefused })
		push := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				p.push(board)
			}
		}
		push(time.Second)
		store.count("Apply")
		push(10 * time.Second)
		if n := store.count("Apply"); n < 10 || n > 21 {
			t.Errorf("%d batches were tried in 10 s, want at most 2 a second", n)
		}
		store.set(func() { delete(store.fail, "Apply") })
		push(time.Second)
		if res := p.push(board); res.Status != wire.Applied {
			t.Errorf("a second after it takes events again: %+v", res)
		}
	})
}

func TestOneFailureOpensNothing(t *testing.T) {
	bubbleShared(t, func(t *testing.T, store *forgetful, p *pusher) {
		board := store.make(t, 1)[0]
		for range 20 {
			store.set(func() { store.fail["Apply"] = errRefused })
			p.push(board)
			p.push(board)
			store.set(func() { delete(store.fail, "Apply") })
			if res := p.push(board); res.Status != wire.Applied {
				t.Fatalf("%+v", res)
			}
		}
	})
}

func TestSlowBoardSlowsNoOther(t *testing.T) {
	bubbleShared(t, func(t *testing.T, store *forgetful, p *pusher) {
		boards := store.make(t, 10)
		lets := make(chan struct{})
		store.set(func() { store.hang[boards[0]] = lets })
		var slow sync.WaitGroup
		for range 3 {
			slow.Go(func() { p.push(boards[0]) })
		}
		synctest.Wait()
		began := time.Now()
		for range 10 {
			for _, board := range boards[1:] {
				if res := p.push(board); res.Status != wire.Applied {
					t.Errorf("%+v", res)
				}
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("others waited %v for a board that hangs", took)
		}
		close(lets)
		slow.Wait()
	})
}

func TestBreakerIsCounted(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store)
	a.board("b", wire.Rules{})
	store.set(func() { store.fail["Apply"] = errRefused })
	for i := range 5 {
		wantStatuses(t, a.push("b", event("s", 1, "ann", float64(i))), "unavailable ")
	}
	if got := a.metrics(); !strings.Contains(got, "rollcall_breaker_open 1") || !strings.Contains(got, "rollcall_breaker_opened_total 1") {
		t.Error("an open breaker is not counted")
	}
	store.set(func() { delete(store.fail, "Apply") })
	within(t, "the breaker to close", func() bool { return a.push("b", event("s", 1, "ann", 1))[0].Status == wire.Applied })
	if got := a.metrics(); !strings.Contains(got, "rollcall_breaker_open 0") {
		t.Error("a closed breaker is counted")
	}
}

package hub_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/wire"
)

// TestStormLeavesNothingBehind: sessions come, watch, unwatch and go in every
// way while boards are pushed to, deleted and made again; afterwards the node
// holds none of it, and still serves.
func TestStormLeavesNothingBehind(t *testing.T) {
	n := newNode(t, func(c *hub.Config) { c.ReadDeadline = time.Minute }) // for a slow machine
	var work sync.WaitGroup
	end := time.Now().Add(2 * time.Second)
	for i := range 16 {
		work.Go(func() {
			dice := rand.New(rand.NewPCG(7, uint64(i)))
			for time.Now().Before(end) {
				n.stormOnce(dice)
			}
		})
	}
	for i := range 3 {
		work.Go(func() {
			for seq := 1; time.Now().Before(end); seq++ {
				board := fmt.Sprint("b", i)
				n.call("PUT", "/v1/boards/"+board, "{}")
				for k := range 5 {
					n.call("POST", "/v1/boards/"+board+"/events", event("s", k+1, fmt.Sprint("m", k), float64(seq)))
				}
				n.call("DELETE", "/v1/boards/"+board, nil)
			}
		})
	}
	work.Wait()
	deadline := time.Now().Add(10 * time.Second)
	for {
		m := n.metrics()
		if strings.Contains(m, "\nrollcall_sessions 0\n") && strings.Contains(m, "\nrollcall_views 0\n") && strings.Contains(m, "\nrollcall_users 0\n") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("sessions, users or views are left")
		}
	}
	n.board("after", wire.Rules{})
	s := n.hello("ann")
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "after"}, nil)
	s.next()
	n.push("after", event("s", 1, "m", 1))
	deltaOf(t, s.next())
}

func (n *testNode) stormOnce(dice *rand.Rand) {
	s := n.hello(fmt.Sprint("u", dice.IntN(8)))
	s.send(`{"id":1,"op":"ping"}`)
	s.send(`{"id":1,"op":"ping"}`)
	s.send(`{"id":1,"op":"ping"}`)
	defer func() { _ = s.ws.Close() }()
	for range dice.IntN(6) {
		board := fmt.Sprint("b", dice.IntN(4))
		for _, msg := range []string{
			fmt.Sprintf(`{"id":1,"op":"subscribe","view":"top","board":%q,"n":%d}`, board, 1+dice.IntN(3)),
			fmt.Sprintf(`{"id":1,"op":"subscribe","view":"me","board":%q}`, board),
			fmt.Sprintf(`{"id":1,"op":"subscribe","view":"activity","board":%q}`, board),
			`{"id":1,"op":"subscribe","view":"presence","room":"r"}`, `{"id":1,"op":"join","room":"r"}`, `{"id":1,"op":"leave","room":"r"}`,
			fmt.Sprintf(`{"id":1,"op":"unsubscribe","sub":"s%d"}`, dice.IntN(40)),
			fmt.Sprintf(`{"id":1,"op":"score","board":%q,"events":[{"member":"x","op":"incr","score":1}]}`, board),
		} {
			if dice.IntN(2) == 0 {
				s.send(msg)
			}
		}
	}
	switch dice.IntN(4) {
	case 0:
		_ = s.ws.NetConn().Close()
	case 1:
		for range 3 {
			_, _ = s.read()
		}
	case 2:
		_, _ = s.ws.NetConn().Write([]byte{0xff, 0xff})
	}
}

package redisboard_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// Two nodes push the same events of the same sources to one board, in pieces
// that overlap: each event counts once, whoever was first.
func TestTwoNodesCountEachEventOnce(t *testing.T) {
	server, prefix := redistest.Start(t), newPrefix()
	nodes := []*redisboard.Store{newStore(t, server, redisboard.Config{Prefix: prefix}), newStore(t, server, redisboard.Config{Prefix: prefix})}
	start := mustPut(t, nodes[0], board, leaderboard.Rules{}).Head

	const sources, events = 3, 600
	ledger := map[string]float64{}
	for src := range sources {
		for seq := uint64(1); seq <= events; seq++ {
			e := ledgerEvent(src, seq)
			ledger[e.Member] += e.Score
		}
	}
	var senders sync.WaitGroup
	for n, node := range nodes {
		for src := range sources {
			senders.Go(func() { pushAll(t, node, src, events, uint64(n)) })
		}
	}
	senders.Wait()

	head, entries := mustRead(t, nodes[0])
	if head.Version != sources*events {
		t.Errorf("version %d after %d events", head.Version, sources*events)
	}
	for member, want := range ledger {
		if got := entries[member].Score; got != want {
			t.Errorf("%s has %v, the ledger %v", member, got, want)
		}
	}
	for _, node := range nodes {
		at, folded := mustFold(t, node, start)
		if at != head {
			t.Errorf("the changelog leads to %+v, the head is %+v", at, head)
		}
		wantSameBoard(t, folded, entries)
	}
}

func ledgerEvent(src int, seq uint64) leaderboard.Event {
	return add(fmt.Sprint("s", src), seq, fmt.Sprint("m", (seq*7+uint64(src))%50), float64(seq%9+1))
}

// pushAll sends a source's events until the store has taken all of them.
func pushAll(t *testing.T, s *redisboard.Store, src int, events, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, uint64(src)))
	for next := uint64(1); next <= events; {
		var batch []leaderboard.Event
		for seq := next; seq <= min(events, next+rng.Uint64N(30)); seq++ {
			batch = append(batch, ledgerEvent(src, seq))
		}
		out, err := s.Apply(ctx, board, batch, "")
		if err != nil {
			t.Error(err)
			return
		}
		for _, res := range out.Results {
			if res.Status == leaderboard.Refused {
				t.Errorf("refused: %+v", res.Refusal)
				return
			}
		}
		next += uint64(len(batch))
	}
}

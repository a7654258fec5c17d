package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// TestKilledInTheMiddleOfAReplay kills the hub 20 times while a real contest is
// replayed and two ledgers of increments are filled: one numbered by a source,
// one by ids alone. In every other round the replaying bot is killed too and
// started anew.
func TestKilledInTheMiddleOfAReplay(t *testing.T) {
	const rounds = 20
	f := harness.Fixture(t)
	dice := rand.New(rand.NewPCG(2025, rounds))
	hub := harness.Start(t)
	c := hub.Dial()
	numbered, casual := newLedgers(t, c)

	start := time.Now()
	middle := 0
	for round := range rounds {
		k := killing{TB: t, hub: hub, api: c.API, feed: f, board: fmt.Sprintf("euc-%02d", round), botToo: round%2 == 1}
		if k.run(dice.Uint64N(uint64(f.Replay.Len())), numbered, casual) {
			middle++
		}
	}
	t.Logf("%d rounds in %v, %d of them cut in the middle of the replay", rounds, time.Since(start).Round(time.Millisecond), middle)
	if middle < rounds/2 {
		t.Errorf("only %d of %d kills came in the middle of the replay", middle, rounds)
	}
	numbered.end(t, c.API)
	casual.end(t, c.API)
	for round := range rounds {
		f.WantFinal(t, readBoard(t, c.API, fmt.Sprintf("euc-%02d", round)))
	}
}

// killing is one round.
type killing struct {
	testing.TB
	hub    *harness.Hub
	api    *client.API
	feed   harness.Feed
	board  string
	botToo bool
}

// run kills the hub once the replay has reached a seq and lets everything go on;
// whether the replay was really cut.
func (k killing) run(reached uint64, ledgers ...*filling) (cut bool) {
	k.Helper()
	bot := k.replay()
	k.await(max(reached, 1), ledgers)
	k.hub.Kill()
	if k.botToo {
		bot.Kill()
	}
	var acked [][]uint64
	for _, l := range ledgers {
		_, sets := l.acknowledged()
		acked = append(acked, sets)
	}
	k.hub.Restart()
	state, err := k.api.SourceState(bounded(k), k.board, k.feed.Replay.Source)
	if err != nil {
		k.Fatal(err)
	}
	for i, l := range ledgers {
		l.wantHeld(k, k.api, acked[i])
	}
	if k.botToo {
		bot = k.replay()
	}
	if code := bot.Exit(); code != 0 {
		k.Fatalf("%s: the replay ended with %d: %s", k.board, code, bot.Stderr())
	}
	k.feed.WantFinal(k, readBoard(k, k.api, k.board))
	return state.Seq < uint64(k.feed.Replay.Len())
}

func (k killing) replay() *harness.Process {
	return harness.Run(k, "replay", "clics", k.feed.Path, "--board", k.board, "--speed", "0", "--url", k.hub.URL)
}

// await asks until the board has taken so many events of the replay, and keeps
// the ledgers busy meanwhile.
func (k killing) await(seq uint64, ledgers []*filling) {
	k.Helper()
	ctx := bounded(k)
	for {
		for _, l := range ledgers {
			l.beat()
		}
		state, err := k.api.SourceState(ctx, k.board, k.feed.Replay.Source)
		if ctx.Err() != nil {
			k.Fatalf("%s: seq %d was not reached: %v", k.board, seq, err)
		}
		if err == nil && state.Seq >= seq {
			return
		}
	}
}

// filling is a ledger that is being filled.
type filling struct {
	*ledger
	beats chan struct{}
	done  sync.WaitGroup
	n     int   // events pushed; set by done
	err   error // set by done
}

func newLedgers(t *testing.T, c *client.Client) (numbered, casual *filling) {
	t.Helper()
	newBoard(t, c, "numbered", wire.Rules{})
	newBoard(t, c, "casual", wire.Rules{})
	src := newSource(t, c, "numbered", "bot")
	return newFilling(t, "numbered", src.Push), newFilling(t, "casual", func(ctx context.Context, events ...wire.Event) ([]wire.Result, error) {
		return c.Push(ctx, "casual", events...)
	})
}

func newFilling(t *testing.T, board string, push func(context.Context, ...wire.Event) ([]wire.Result, error)) *filling {
	f := &filling{ledger: &ledger{board: board}, beats: make(chan struct{}, 1)}
	f.done.Go(func() { f.n, f.err = f.fill(t.Context(), f.beats, push) })
	t.Cleanup(f.done.Wait) // the test's context has ended
	return f
}

// beat asks for a few more events, if those before are acknowledged.
func (f *filling) beat() {
	select {
	case f.beats <- struct{}{}:
	default:
	}
}

// end stops filling and checks every event.
func (f *filling) end(t testing.TB, api *client.API) {
	t.Helper()
	close(f.beats)
	f.done.Wait()
	if f.err != nil {
		t.Error(f.err)
	}
	if acked, _ := f.acknowledged(); acked != f.n {
		t.Errorf("ledger %s: %d of %d events acknowledged", f.board, acked, f.n)
	}
	f.wantExact(t, api, f.n)
	t.Logf("ledger %s: %d events, each exactly once", f.board, f.n)
}

package redisboard_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// before is a hook that calls itself before each command.
type before func(cmd string)

func (b before) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (b before) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		b(cmd.Name())
		return next(ctx, cmd)
	}
}

func (b before) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return next(ctx, cmds) }
}

// A board that is made while its predecessor's name is being struck is listed.
func TestABoardMadeDuringADeleteIsListed(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	mustPut(t, newStore(t, server, cfg), board, leaderboard.Rules{})

	named, struck, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	putting := server.Clients()
	putting.Write.AddHook(before(func(cmd string) {
		if strings.HasPrefix(cmd, "eval") { // the script put; the name stands already
			select {
			case named <- struct{}{}:
				<-struck
			case <-struck: // sent whole: the server did not know it
			}
		}
	}))
	deleting := server.Clients()
	deleting.Write.AddHook(before(func(cmd string) {
		if cmd == "srem" {
			go func() {
				_, _, _, err := redisboard.New(putting, cfg).Put(ctx, board, leaderboard.Rules{})
				done <- err
			}()
			<-named
		}
	}))
	if err := redisboard.New(deleting, cfg).Delete(ctx, board); err != nil {
		t.Fatal(err)
	}
	close(struck)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if infos, err := newStore(t, server, cfg).List(ctx); err != nil || len(infos) != 1 {
		t.Errorf("listed %+v, %v", infos, err)
	}
}

// Rows that a failover forgot while a snapshot was taken are not in it.
func TestSnapshotHoldsNothingThatAFailoverForgot(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	node := newStore(t, server, cfg)
	start := mustPut(t, node, board, leaderboard.Rules{}).Head
	const members = 40 * redisboard.MaxBatch
	seq := uint64(0)
	addToAll := func(by float64) {
		for i := 0; i < members; i += redisboard.MaxBatch {
			batch := make([]leaderboard.Event, redisboard.MaxBatch)
			for j := range batch {
				seq++
				batch[j] = add("s", seq, fmt.Sprint("m", i+j), by)
			}
			mustApply(t, node, batch...)
		}
	}
	addToAll(1)
	kept, last := dumpAll(t, server), seq

	pages := 0
	reading := cfg
	reading.Progress = func(string, int, int) {
		switch pages++; pages {
		case 1:
			addToAll(10) // the next page shows it
		case 2:
			restoreAll(t, server, kept) // as a replica that had none of it
			seq = last + 1
			mustApply(t, node, add("s", seq, "m0", 5))
		}
	}
	_, entries := mustRead(t, newStore(t, server, reading))
	if pages < 3 {
		t.Fatalf("%d pages", pages)
	}
	_, folded := mustFold(t, node, start)
	wantSameBoard(t, entries, folded)
}

func dumpAll(t *testing.T, server *redistest.Server) map[string]string {
	t.Helper()
	c, kept := server.Clients().Write, map[string]string{}
	for _, key := range c.Keys(ctx, "*").Val() {
		kept[key] = c.Dump(ctx, key).Val()
	}
	return kept
}

func restoreAll(t *testing.T, server *redistest.Server, kept map[string]string) {
	t.Helper()
	c := server.Clients().Write
	for key := range maps.Keys(kept) {
		if err := c.RestoreReplace(ctx, key, 0, kept[key]).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

package redisboard_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/boardtest"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

func TestBoardsOnACluster(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	cluster := redistest.StartCluster(t)
	clients := cluster.Clients()
	t.Run("Contract", func(t *testing.T) {
		boardtest.Run(t, func(tb testing.TB, o boardtest.Options) boardtest.Store {
			return redisboard.New(clients, redisboard.Config{Prefix: newPrefix(), IDWindow: o.IDWindow, IDLimit: o.IDLimit, Now: o.Now, ChangelogEntries: o.ChangelogEntries, AckWait: 20 * time.Millisecond})
		})
	})
	t.Run("OneServerAwayHidesNoHeadOfOthers", func(t *testing.T) {
		s := redisboard.New(clients, redisboard.Config{Prefix: newPrefix()})
		var names []string
		for i := range 12 {
			names = append(names, fmt.Sprint("b", i))
			mustPut(t, s, names[i], leaderboard.Rules{})
		}
		cluster.Nodes[0].Freeze()
		heads, err := s.Heads(ctx, names)
		cluster.Nodes[0].Thaw()
		if !errors.Is(err, leaderboard.ErrUnavailable) || len(heads) == 0 || len(heads) == len(names) {
			t.Errorf("told %d of %d heads, %v", len(heads), len(names), err)
		}
		for name, head := range heads {
			if head.Epoch == "" {
				t.Errorf("%s is told as not there", name)
			}
		}
		cluster.Wait()
	})
	t.Run("ABoardIsOneSlot", func(t *testing.T) {
		cfg := redisboard.Config{Prefix: newPrefix()}
		s := redisboard.New(clients, cfg)
		slots := map[int64]bool{}
		for i := range 5 {
			name := fmt.Sprint("b", i)
			mustPut(t, s, name, leaderboard.Rules{})
			if _, err := s.Apply(ctx, name, []leaderboard.Event{add("s", 1, "m", 1), add("s", 2, "n", 1), {Member: "nobody", Op: leaderboard.Patch, Source: "s", Seq: 3}, {Member: "m", Op: leaderboard.Set, ID: "x"}}, ""); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Claim(ctx, name, "s"); err != nil {
				t.Fatal(err)
			}
			slot, keys := int64(-1), 0
			for _, x := range "hzrsgxiwl" {
				key := cfg.Prefix + ":{b:" + name + "}:" + string(x)
				n, err := clients.Read.Exists(ctx, key).Result()
				if err != nil {
					t.Fatal(err)
				}
				keys += int(n)
				at, err := clients.Read.ClusterKeySlot(ctx, key).Result()
				if err != nil || slot >= 0 && at != slot {
					t.Errorf("%s is in slot %d, others in %d (%v)", key, at, slot, err)
				}
				slot = at
			}
			if keys != 9 {
				t.Errorf("%s has %d keys", name, keys)
			}
			slots[slot] = true
		}
		if len(slots) < 2 {
			t.Error("all boards share a slot")
		}
		infos, err := s.List(ctx)
		if err != nil || len(infos) != 5 || strings.Compare(infos[0].Board, "b0") != 0 {
			t.Errorf("List: %+v, %v", infos, err)
		}
	})
}

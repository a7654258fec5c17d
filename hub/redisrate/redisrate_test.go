package redisrate_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/hub/redisrate"
	"rollcall/redisconn/redistest"
)

func TestRateIsExactOverAllNodes(t *testing.T) {
	s := redistest.Start(t)
	nodes := []*redisrate.Limiter{redisrate.New(s.Clients(), "p", 100), redisrate.New(s.Clients(), "p", 100)}
	var allowed, refused atomic.Int64
	var work sync.WaitGroup
	begin := time.Now()
	for _, node := range nodes {
		for range 4 {
			work.Go(func() {
				for range 50 {
					wait, ok, err := node.Take(t.Context(), "ann")
					switch {
					case err != nil:
						t.Error(err)
					case ok:
						allowed.Add(1)
					case wait <= 0 || wait > time.Minute/100:
						t.Errorf("refused with a wait of %v", wait)
					default:
						refused.Add(1)
					}
				}
			})
		}
	}
	work.Wait()
	// 100 at once, and one more for each 600 ms that it took.
	if most := 100 + int64(time.Since(begin)/(600*time.Millisecond)) + 1; allowed.Load() < 100 || allowed.Load() > most {
		t.Errorf("%d allowed, want 100 to %d", allowed.Load(), most)
	}
	if _, ok, err := nodes[0].Take(t.Context(), "bob"); !ok || err != nil {
		t.Errorf("another user: %v, %v", ok, err)
	}
}

func TestAllowanceComesBack(t *testing.T) {
	l := redisrate.New(redistest.Start(t).Clients(), "p", 600) // one each 100 ms
	for ok := true; ok; {
		var err error
		if _, ok, err = l.Take(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		wait, ok, err := l.Take(t.Context(), "ann")
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("never allowed again: %v", err)
		}
		if ok {
			return
		}
		time.Sleep(wait)
	}
}

func TestKeysEnd(t *testing.T) {
	s := redistest.Start(t)
	c := s.Clients()
	if _, _, err := redisrate.New(c, "p", 100).Take(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	ttl, err := c.Read.PTTL(t.Context(), "p:rate:{ann}").Result()
	if err != nil || ttl <= 0 || ttl > time.Second {
		t.Errorf("the key lives for %v, %v; want the 600 ms of one request", ttl, err)
	}
}

func TestStoppedRedisIsAnError(t *testing.T) {
	s := redistest.Start(t)
	l := redisrate.New(s.Clients(), "p", 100)
	s.Freeze()
	defer s.Thaw()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := l.Take(ctx, "ann"); err == nil {
		t.Error("a frozen Redis allowed")
	}
}

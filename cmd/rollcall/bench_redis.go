package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
)

// bareLoad is the least that could count a score in Redis: pipelines of
// ZINCRBY, without identity, rows, versions or a changelog.
type bareLoad struct {
	store    redisconn.Clients
	prefix   string
	boards   int
	members  int
	duration time.Duration
}

// Shape of the bare loop: as many events a call as a batch of ours, and enough
// callers that Redis always has one to serve.
const (
	bareBatch   = 64
	bareCallers = 8
)

func (b *bareLoad) key(i int) string { return fmt.Sprintf("%s:{bare%d}", b.prefix, i%b.boards) }

func (b *bareLoad) fill(ctx context.Context) error {
	for board := range b.boards {
		for at := 0; at < b.members; at += 1000 {
			zs := make([]redis.Z, min(1000, b.members-at))
			for i := range zs {
				zs[i] = redis.Z{Member: benchMember(at + i), Score: benchScore(at + i)}
			}
			if err := b.store.Write.ZAdd(ctx, b.key(board), zs...).Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure returns events a second and µs of Redis an event.
func (b *bareLoad) measure(ctx context.Context) (rate, perEvent float64, err error) {
	before, err := redisCPU(ctx, b.store)
	if err != nil {
		return 0, 0, err
	}
	var events atomic.Int64
	var work sync.WaitGroup
	errs := make(chan error, bareCallers)
	begin := time.Now()
	for caller := range bareCallers {
		work.Go(func() {
			next := caller
			for time.Since(begin) < b.duration && ctx.Err() == nil {
				pipe := b.store.Write.Pipeline()
				for range bareBatch {
					next += 7919
					pipe.ZIncrBy(ctx, b.key(caller+int(events.Load())), 1, benchMember(next%b.members))
				}
				if _, err := pipe.Exec(ctx); err != nil {
					errs <- err
					return
				}
				events.Add(bareBatch)
			}
		})
	}
	work.Wait()
	took := time.Since(begin).Seconds()
	select {
	case err := <-errs:
		return 0, 0, err
	default:
	}
	after, err := redisCPU(ctx, b.store)
	n := float64(events.Load())
	return n / took, (after - before) / n * 1e6, err
}

// redisCPU is the CPU time that the servers which take writes have used, in
// seconds.
func redisCPU(ctx context.Context, c redisconn.Clients) (float64, error) {
	var mu sync.Mutex
	total := 0.0
	ask := func(ctx context.Context, one *redis.Client) error {
		text, err := one.Info(ctx, "cpu").Result()
		if err != nil {
			return err
		}
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			if name != "used_cpu_user" && name != "used_cpu_sys" {
				continue
			}
			seconds, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return err
			}
			mu.Lock()
			total += seconds
			mu.Unlock()
		}
		return nil
	}
	var err error
	switch one := c.Read.(type) {
	case *redis.ClusterClient:
		err = one.ForEachMaster(ctx, ask)
	case *redis.Client:
		err = ask(ctx, one)
	}
	return total, err
}

// dropKeys deletes what a run left.
func dropKeys(c redisconn.Clients, prefix string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	drop := func(ctx context.Context, one *redis.Client) error {
		keys := one.Scan(ctx, 0, prefix+":*", 1000).Iterator()
		for keys.Next(ctx) {
			if err := one.Unlink(ctx, keys.Val()).Err(); err != nil {
				return err
			}
		}
		return keys.Err()
	}
	switch one := c.Write.(type) {
	case *redis.ClusterClient:
		_ = one.ForEachMaster(ctx, drop) // what stays is named bench-…
	case *redis.Client:
		_ = drop(ctx, one)
	}
}

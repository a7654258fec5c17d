package redisboard

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// Entries of a page, whose bytes must come within one call's time: what the
// page before had tells how many may be next.
const (
	firstPage = 100
	lastPage  = 1000 // less than a millisecond of Redis
	pageBytes = 1 << 20
)

// page is where a scan of rows stands, and how much it is to bring next.
type page struct {
	cursor uint64
	size   int64
}

// page reads one page into entries and notes the heads between which it was
// read. Pages may repeat members.
func (s *Store) page(ctx context.Context, k keys, p *page, entries map[string]leaderboard.Entry, seen map[leaderboard.Head]bool) error {
	start := time.Now()
	var before, after *redis.SliceCmd
	var scan *redis.ScanCmd
	_, err := s.clients.Read.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		before = askHead(ctx, pipe, k)
		scan = pipe.HScan(ctx, k.rows, p.cursor, "", p.size)
		after = askHead(ctx, pipe, k)
		return nil
	})
	s.cfg.Observe("page", time.Since(start), 0)
	if err != nil {
		return err
	}
	for _, cmd := range []*redis.SliceCmd{before, after} {
		at, err := readHead(cmd)
		if err != nil {
			return err
		}
		seen[at] = true
	}
	rows, next := scan.Val()
	for pair := range slices.Chunk(rows, 2) {
		e := leaderboard.Entry{Member: pair[0]}
		if len(pair) != 2 {
			return fmt.Errorf("%w: a member without a row", errDamaged)
		}
		if err := readRow(&e, pair[1]); err != nil {
			return fmt.Errorf("row of %.200q: %w", e.Member, err)
		}
		entries[e.Member] = e
	}
	p.next(next, rows)
	return nil
}

// next goes on behind what a scan returned.
func (p *page) next(cursor uint64, texts []string) {
	bytes := 1
	for _, text := range texts {
		bytes += len(text)
	}
	p.cursor, p.size = cursor, min(lastPage, max(1, int64(len(texts)/2)*pageBytes/int64(bytes)))
}

package redisboard

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

//go:embed scripts/sources.lua
var sourcesLua string

var sourcesScript = script{redis.NewScript(sourcesLua), "sources"}

const (
	sourceTurns   = 50
	sourcesAtOnce = 1000 // are read by one script
	sourcesMost   = 5000 // too, when that came to nothing
)

// stand is where a source stands, as it is stored; "" = nothing is.
type stand struct{ seq, generation string }

// sourcesAt is where all sources stand at one head.
type sourcesAt struct {
	headAndRules
	origin   string
	stands   map[string]stand
	refusing int // so many have refusals to remember
}

// readSources tells where all sources stand at one head. Up to a thousand are
// read by one script. Of more, those that move are, between two scans of the
// others: a source that both scans show alike stood there in between, for a seq
// and a generation only grow. It takes turns until no other has moved. With
// more than 5,000 sources it fails with leaderboard.ErrUnavailable while so many
// of them send at once, or new ones come all the time.
func (s *Store) readSources(ctx context.Context, k keys) (at sourcesAt, err error) {
	var before map[string]stand
	moving, atOnce := map[string]bool{}, sourcesAtOnce
	for turn := 0; turn < sourceTurns && len(moving) <= sourcesMost; turn++ {
		at, all, whole, err := s.askSources(ctx, k, atOnce, before, moving)
		if err != nil || all {
			return at, err
		}
		after, err := s.scanSources(ctx, k)
		if err != nil {
			return at, err
		}
		for name := range after {
			if before != nil && !moving[name] && after[name] != before[name] {
				moving[name], whole = true, false
			}
		}
		if whole {
			return at, nil
		}
		before, atOnce = after, min(2*atOnce, sourcesMost)
	}
	return at, fmt.Errorf("%w: too many of %d sources send at once for an archive", leaderboard.ErrUnavailable, len(before))
}

// askSources reads, in one script, the head and where all sources stand if they
// are few, else those that move; the others stand as before. That is whole if
// there are as many as the board has.
func (s *Store) askSources(ctx context.Context, k keys, atOnce int, before map[string]stand, moving map[string]bool) (at sourcesAt, all, whole bool, err error) {
	names, args := slices.Collect(maps.Keys(moving)), []any{atOnce}
	for _, name := range names {
		args = append(args, name)
	}
	r, err := s.once(ctx, s.clients.Read, sourcesScript, 0, []string{k.head, k.seqs, k.generations, k.refusals}, args)
	if err != nil {
		return at, false, false, err
	}
	if r.empty() {
		return at, false, false, leaderboard.ErrUnknownBoard
	}
	at.head = leaderboard.Head{Epoch: r.text(), Version: r.uint(), Chain: r.text()}
	if err := json.Unmarshal([]byte(r.text()), &at.rules); err != nil {
		return at, false, false, fmt.Errorf("%w: rules: %w", errDamaged, err)
	}
	at.origin = r.text()
	seqs, generations := int(r.int()), int(r.int())
	at.refusing, all = int(r.int()), r.int() == 1
	listed, claimed := r.sub(), r.sub()
	if all {
		at.stands = readStands(&listed, &claimed)
	} else {
		at.stands = maps.Clone(before)
		for _, name := range names {
			var now stand
			now.seq, _ = listed.next().(string)
			now.generation, _ = claimed.next().(string)
			at.stands[name] = now
		}
	}
	for _, part := range []reply{r, listed, claimed} {
		if part.err != nil {
			return at, false, false, fmt.Errorf("%w: %w", errDamaged, part.err)
		}
	}
	return at, all, at.count(seqs, generations), nil
}

// readStands reads the pairs of both lists.
func readStands(seqs, generations *reply) map[string]stand {
	stands := make(map[string]stand, len(seqs.list)/2)
	for !seqs.empty() {
		name := seqs.text()
		stands[name] = stand{seq: seqs.text()}
	}
	for !generations.empty() {
		name := generations.text()
		stands[name] = stand{stands[name].seq, generations.text()}
	}
	return stands
}

// count drops the sources that were not there at the head, and reports whether
// those that were are so many.
func (at *sourcesAt) count(seqs, generations int) bool {
	for name, st := range at.stands {
		if st.seq != "" {
			seqs--
		}
		if st.generation != "" {
			generations--
		}
		if st == (stand{}) {
			delete(at.stands, name)
		}
	}
	return seqs == 0 && generations == 0
}

// scanSources reads where sources stand, each as it is then.
func (s *Store) scanSources(ctx context.Context, k keys) (map[string]stand, error) {
	stands := map[string]stand{}
	err := s.scan(ctx, k.seqs, func(name, seq string) error {
		stands[name] = stand{seq, stands[name].generation}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stands, s.scan(ctx, k.generations, func(name, generation string) error {
		stands[name] = stand{stands[name].seq, generation}
		return nil
	})
}

// scan calls f with each field of a hash and its value, some perhaps twice.
func (s *Store) scan(ctx context.Context, key string, f func(field, value string) error) error {
	for p := (page{size: firstPage}); ; {
		pairs, next, err := s.clients.Read.HScan(ctx, key, p.cursor, "", p.size).Result()
		if err != nil {
			return err
		}
		for pair := range slices.Chunk(pairs, 2) {
			if len(pair) != 2 {
				return fmt.Errorf("%w: a field without a value", errDamaged)
			}
			if err := f(pair[0], pair[1]); err != nil {
				return err
			}
		}
		if p.next(next, pairs); next == 0 {
			return nil
		}
	}
}

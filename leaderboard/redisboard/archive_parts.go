package redisboard

import (
	"context"
	_ "embed"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

//go:embed scripts/part.lua
var partLua string

var partScript = script{redis.NewScript(partLua), "part"}

const (
	restoreTexts = 2000             // of one call
	restoreBytes = 256 << 10        // of one call, or an entry more
	restoreKeep  = 10 * time.Minute // after the last call, what is no board goes
	restoreTidy  = time.Second      // for striking what has failed
)

// restoring is a Restore under way.
type restoring struct {
	store   *Store
	keys    keys             // temporary
	args    map[string][]any // by key: what the next call writes
	bytes   int              // of args
	full    bool             // args are enough for a call
	entries int              // so far
	fields  map[string]int   // by key of sources, so far
}

// parts writes all of the archive.
func (w *restoring) parts(ctx context.Context, a leaderboard.Archive) error {
	w.fields = make(map[string]int)
	if a.Entries != nil {
		for e := range a.Entries {
			if err := a.CheckEntry(e); err != nil {
				return err
			}
			w.entries++
			w.put(w.keys.scores, formatScore(e.Score), e.Member)
			w.put(w.keys.rows, e.Member, packRow(e))
			if err := w.flushFull(ctx); err != nil {
				return err
			}
		}
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	members, err := w.members(ctx)
	if err == nil {
		err = a.CheckTotal(w.entries, members)
	}
	if err != nil {
		return err
	}
	for _, src := range a.Sources {
		w.source(src)
		if err := w.flushFull(ctx); err != nil {
			return err
		}
	}
	return w.flush(ctx)
}

// members counts those written.
func (w *restoring) members(ctx context.Context) (int, error) {
	var n int64
	err := w.store.resend(ctx, func() (err error) {
		n, err = w.store.clients.Write.HLen(ctx, w.keys.rows).Result()
		return err
	})
	return int(n), err
}

func (w *restoring) source(src leaderboard.Source) {
	if src.Seq > 0 {
		w.field(w.keys.seqs, src.Name, strconv.FormatUint(src.Seq, 10))
	}
	if src.Generation > 0 {
		w.field(w.keys.generations, src.Name, strconv.FormatUint(src.Generation, 10)+" "+newToken())
	}
	if len(src.Refused) > 0 {
		w.field(w.keys.refusals, src.Name, packRefused(src.Refused))
	}
}

func (w *restoring) field(key, name, value string) {
	w.put(key, name, value)
	w.fields[key]++
}

func (w *restoring) put(key, a, b string) {
	w.args[key] = append(w.args[key], a, b)
	w.bytes += len(a) + len(b)
	w.full = w.full || len(w.args[key]) >= restoreTexts || w.bytes >= restoreBytes
}

// flushFull writes what has gathered if it is enough for a call.
func (w *restoring) flushFull(ctx context.Context) error {
	if !w.full {
		return nil
	}
	return w.flush(ctx)
}

// flush writes what has gathered.
func (w *restoring) flush(ctx context.Context) error {
	for _, key := range w.keys.contents() {
		texts := w.args[key]
		if len(texts) == 0 {
			continue
		}
		command := "hset"
		if key == w.keys.scores {
			command = "zadd"
		}
		args := append([]any{command, restoreKeep.Milliseconds()}, texts...)
		if _, err := w.store.write(ctx, partScript, 0, []string{key}, args...); err != nil {
			return err
		}
	}
	clear(w.args)
	w.bytes, w.full = 0, false
	return nil
}

// discard strikes the temporary keys; what it does not reach vanishes later.
func (w *restoring) discard(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTidy)
	defer cancel()
	if err := w.store.clients.Write.Unlink(ctx, w.keys.contents()...).Err(); err != nil {
		w.store.cfg.Logger.Warn("parts of a board that was not restored stay for a while", "for", restoreKeep, "err", err)
	}
}

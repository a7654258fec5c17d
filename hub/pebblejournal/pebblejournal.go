// Package pebblejournal keeps a node's journal of acknowledged events in a
// directory of its own, in the storage of package pebbleboard: what is written
// is fsynced, steps that wait share one fsync, a second process is kept out, and
// a damaged directory is refused. It is no store of boards.
package pebblejournal

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"rollcall/hub"
	"rollcall/leaderboard/pebbleboard"
)

var _ hub.Journal = (*Journal)(nil)

// Journal is an open directory. Its methods are safe for concurrent use.
type Journal struct {
	store *pebbleboard.Store
	log   *pebbleboard.Journal
}

// Open opens a journal's directory, or makes it. It refuses one that is in use,
// damaged, or holds something else. The caller must Close it, after the hub.
func Open(dir string, log *slog.Logger) (*Journal, error) {
	if dir == "" {
		return nil, errors.New("a journal needs a directory")
	}
	store, err := pebbleboard.Open(pebbleboard.Config{Dir: dir, Logger: log})
	if err != nil {
		return nil, err
	}
	j := &Journal{store: store, log: store.Journal()}
	if err := j.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", dir, err), store.Close())
	}
	return j, nil
}

var errOther = errors.New("the directory holds something else than a journal of events: give it one of its own")

// check refuses the data directory of a node.
func (j *Journal) check() error {
	boards, err := j.store.List(context.Background())
	if err != nil {
		return err
	}
	if len(boards) > 0 {
		return errOther
	}
	return j.log.Load(context.Background(), "", func(key string, _ []byte) error {
		if _, err := parseKey(key); err != nil {
			return errOther
		}
		return nil
	})
}

// Close ends it.
func (j *Journal) Close() error { return j.store.Close() }

// Write implements hub.Journal.
func (j *Journal) Write(ctx context.Context, keep []hub.JournalEntry, forget []hub.JournalKey) error {
	puts := make(map[string][]byte, len(keep))
	for _, e := range keep {
		puts[keyOf(e.JournalKey)] = e.Value
	}
	dels := make([]string, len(forget))
	for i, key := range forget {
		dels[i] = keyOf(key)
	}
	return j.log.Save(ctx, puts, dels)
}

// Read implements hub.Journal. It reads a page of 4,096 seqs, those whose last
// three digits differ.
func (j *Journal) Read(ctx context.Context, from hub.JournalKey) (entries []hub.JournalEntry, err error) {
	first := keyOf(from)
	err = j.log.Load(ctx, first[:len(first)-3], func(key string, value []byte) error {
		if key < first {
			return nil
		}
		k, err := parseKey(key)
		entries = append(entries, hub.JournalEntry{JournalKey: k, Value: value})
		return err
	})
	return entries, err
}

// Each implements hub.Journal.
func (j *Journal) Each(ctx context.Context, yield func(hub.JournalEntry) error) error {
	return j.log.Load(ctx, prefix, func(key string, value []byte) error {
		k, err := parseKey(key)
		if err != nil {
			return err
		}
		return yield(hub.JournalEntry{JournalKey: k, Value: value})
	})
}

// A key is "event", board, source, origin in hex and seq in 16 hex digits, with
// slashes between; names of boards and sources hold none.
const prefix = "event/"

func keyOf(k hub.JournalKey) string {
	return fmt.Sprintf("%s%s/%s/%x/%016x", prefix, k.Board, k.Source, k.Origin, k.Seq)
}

func parseKey(key string) (k hub.JournalKey, err error) {
	rest, ok := strings.CutPrefix(key, prefix)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 4 || len(parts[3]) != 16 {
		return k, fmt.Errorf("key %.200q is none of a journal", key)
	}
	origin, err := hex.DecodeString(parts[2])
	if err != nil {
		return k, fmt.Errorf("key %.200q: origin: %w", key, err)
	}
	k = hub.JournalKey{Board: parts[0], Source: parts[1], Origin: string(origin)}
	if k.Seq, err = strconv.ParseUint(parts[3], 16, 64); err != nil {
		return k, fmt.Errorf("key %.200q: seq: %w", key, err)
	}
	return k, nil
}

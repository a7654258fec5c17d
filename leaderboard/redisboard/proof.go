package redisboard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// mustWrite is the last argument of a script that is to be proven: it writes
// something even if it changes nothing.
//
// WAIT covers what its own connection wrote last (up to Redis 7.0: what it
// asked last) and everything before. A batch of duplicates writes nothing; WAIT
// would speak of some older write then, and tell of replicas that never saw the
// events. What such a script writes instead comes after them, in the stream to
// the replicas and in the append-only file.
const mustWrite = "1"

// writeProven runs a script until its outcome is known, and behind it what
// proves the level. A proof that falls short is no error; one that did not come
// is sent for again with the script, on the server that takes writes then: the
// proof is of the answer that is returned.
//
// Replicas: WAIT, on the same connection, tells how many hold what was written.
// Disk: if appendonly is yes, appendfsync always and no-appendfsync-on-rewrite
// no, then the server answers only after the fsync; these settings ride on the
// same connection too, so they are those of the server that wrote. LevelBoth is
// the disk of the primary and the memory of the replicas: whether those fsync,
// WAIT does not tell. WAITAOF, of Redis 7.2, would; it is not used.
//
// Neither is proven where it may not be asked: the user needs WAIT, CONFIG|GET.
// One thing CONFIG does not tell: a server whose file is turned on while it runs
// keeps nothing before its first rewrite is done. While a slot of a Cluster
// moves, its boards are unavailable.
func (s *Store) writeProven(ctx context.Context, level leaderboard.Level, sc script, events int, keys []string, args ...any) (reply, leaderboard.Proof, error) {
	if !level.Disk() && !level.Replica() {
		r, err := s.write(ctx, sc, events, keys, args...)
		return r, leaderboard.Proof{Level: leaderboard.LevelMemory}, err
	}
	return s.prove(ctx, level, sc, events, keys, append(args, mustWrite))
}

func (s *Store) prove(ctx context.Context, level leaderboard.Level, sc script, events int, keys []string, args []any) (r reply, p leaderboard.Proof, err error) {
	err = s.resend(ctx, func() error {
		start := time.Now()
		var v any
		v, p, err = s.onceProven(ctx, level, sc, keys, args)
		s.cfg.Observe(sc.name, time.Since(start), events)
		if err == nil {
			r = sc.reply(v)
		}
		return err
	})
	return r, p, err
}

// onceProven finds the server that takes the board's writes and asks it.
func (s *Store) onceProven(ctx context.Context, level leaderboard.Level, sc script, keys []string, args []any) (any, leaderboard.Proof, error) {
	var server *redis.Client
	var err error
	cluster, _ := s.clients.Wait.(*redis.ClusterClient)
	if cluster != nil {
		server, err = cluster.MasterForKey(ctx, keys[0])
		if err != nil {
			return nil, leaderboard.Proof{}, err
		}
	} else {
		server = s.clients.Wait.(*redis.Client) // what redisconn.Open makes
	}
	v, p, err := s.pipe(ctx, server, sc.EvalSha, level, keys, args)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		v, p, err = s.pipe(ctx, server, sc.Eval, level, keys, args)
	}
	if err != nil && cluster != nil {
		cluster.ReloadState(ctx) // moved, or another took its place
	}
	return v, p, err
}

type runScript func(ctx context.Context, c redis.Scripter, keys []string, args ...any) *redis.Cmd

// pipe sends all of it on one connection.
func (s *Store) pipe(ctx context.Context, server *redis.Client, run runScript, level leaderboard.Level, keys []string, args []any) (any, leaderboard.Proof, error) {
	pipe := server.Pipeline()
	did := run(ctx, pipe, keys, args...)
	var set *redis.MapStringStringCmd
	if level.Disk() {
		set = redis.NewMapStringStringCmd(ctx, "config", "get", "appendonly", "appendfsync", "no-appendfsync-on-rewrite")
		_ = pipe.Process(ctx, set)
	}
	var held *redis.IntCmd
	if level.Replica() { // last: it may wait
		held = redis.NewIntCmd(ctx, "wait", s.cfg.Replicas, s.cfg.AckWait.Milliseconds())
		_ = pipe.Process(ctx, held)
	}
	_, _ = pipe.Exec(ctx) // each answer has its own error
	v, err := did.Result()
	if err != nil {
		return nil, leaderboard.Proof{}, err
	}
	var disk, replica bool
	var short []string
	if set != nil {
		missing, err := fsyncs(set)
		if err != nil {
			return nil, leaderboard.Proof{}, err
		}
		if disk = missing == ""; !disk {
			short = append(short, missing)
		}
	}
	if held != nil {
		missing, err := s.replicated(held)
		if err != nil {
			return nil, leaderboard.Proof{}, err
		}
		if replica = missing == ""; !replica {
			short = append(short, missing)
		}
	}
	return v, leaderboard.Proof{Level: leaderboard.LevelOf(disk, replica), Short: strings.Join(short, "; ")}, nil
}

// fsyncs reads whether the server answers a write only after its fsync: what is
// missing for that, in words.
func fsyncs(set *redis.MapStringStringCmd) (missing string, err error) {
	is, err := set.Result()
	switch {
	case refused(err):
		return "the store does not say whether it fsyncs", nil
	case err != nil:
		return "", err
	case is["appendonly"] != "yes":
		return "the store has no append-only file", nil
	case is["appendfsync"] != "always":
		return fmt.Sprintf("appendfsync is %s, not always", is["appendfsync"]), nil
	case is["no-appendfsync-on-rewrite"] != "no":
		return "no-appendfsync-on-rewrite is yes, not no", nil
	}
	return "", nil
}

// replicated reads whether enough replicas hold the write.
func (s *Store) replicated(held *redis.IntCmd) (missing string, err error) {
	n, err := held.Result()
	switch {
	case refused(err):
		return "the store does not say what its replicas hold", nil
	case err != nil:
		return "", err
	case n < int64(s.cfg.Replicas):
		return fmt.Sprintf("%d of %d replicas within %v", n, s.cfg.Replicas, s.cfg.AckWait), nil
	}
	return "", nil
}

// refused reports whether a server says no for good, and not that it cannot
// now.
func refused(err error) bool {
	var said redis.Error
	return errors.As(err, &said) && !begins(said, passing)
}

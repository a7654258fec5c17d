package redisboard

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
	"rollcall/redisconn"
)

// Store keeps boards in Redis. It holds no state of its own: any number of
// Stores, on any number of nodes, may serve the same boards. Its methods are
// safe for concurrent use.
type Store struct {
	clients redisconn.Clients
	cfg     Config
}

// New makes a Store on clients that stay the caller's. It does not connect.
func New(c redisconn.Clients, cfg Config) *Store {
	return &Store{clients: c, cfg: cfg.withDefaults()}
}

// Close does nothing: the clients are the caller's.
func (s *Store) Close() error { return nil }

// Heads returns the heads of boards by name, the zero Head for one that is not
// there. Those that could not be read, because their server does not answer or
// they are damaged, are missing.
func (s *Store) Heads(ctx context.Context, boards []string) (map[string]leaderboard.Head, error) {
	heads := make(map[string]leaderboard.Head, len(boards))
	if len(boards) == 0 {
		return heads, nil
	}
	asked := make([]*redis.SliceCmd, len(boards))
	pipe := s.clients.Read.Pipeline()
	for i, board := range boards {
		k, err := s.keysOf(board)
		if err != nil {
			return nil, err
		}
		asked[i] = askHead(ctx, pipe, k)
	}
	_, failed := pipe.Exec(ctx)
	for i, cmd := range asked {
		head, err := readHead(cmd)
		if err != nil {
			failed = err
			continue
		}
		heads[boards[i]] = head
	}
	if failed != nil {
		return heads, fmt.Errorf("read heads: %w", fault(failed))
	}
	return heads, nil
}

// Source tells where a source stands; one never seen has seq 0.
func (s *Store) Source(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, err
	}
	var head, seq, generation *redis.SliceCmd
	// No transaction: a full Redis refuses those, also their reads. A seq that is
	// newer than the head does no harm.
	_, err = s.clients.Read.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		head = pipe.HMGet(ctx, k.head, "epoch", "version", "chain", "origin")
		seq = pipe.HMGet(ctx, k.seqs, source)
		generation = pipe.HMGet(ctx, k.generations, source)
		return nil
	})
	state := leaderboard.SourceState{Source: source}
	var at leaderboard.Head
	if err == nil {
		at, err = readHead(head)
	}
	if err == nil && at == (leaderboard.Head{}) {
		err = leaderboard.ErrUnknownBoard
	}
	if err == nil {
		origin, _ := head.Val()[3].(string)
		state.Origin = cmp.Or(origin, at.Epoch)
		state.Seq, err = readCount(seq.Val())
	}
	if err == nil {
		state.Generation, err = readCount(generation.Val())
	}
	if err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, fmt.Errorf("source %s of board %s: %w", source, board, fault(err))
	}
	return state, at, nil
}

// Claim raises the source's generation by one, which fences its older senders.
func (s *Store) Claim(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, err
	}
	r, err := s.write(ctx, claimScript, 0, []string{k.head, k.seqs, k.generations}, source, newToken())
	if err == nil && r.empty() {
		err = leaderboard.ErrUnknownBoard
	}
	if err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, fmt.Errorf("claim source %s of board %s: %w", source, board, err)
	}
	state := leaderboard.SourceState{Source: source, Generation: r.uint(), Seq: r.uint()}
	head := leaderboard.Head{Epoch: r.text(), Version: r.uint(), Chain: r.text()}
	state.Origin = r.text()
	return state, head, r.err
}

// newToken returns 128 random bits in hex.
func newToken() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

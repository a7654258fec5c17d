package redisboard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// listPage is how many boards List asks for at once.
const listPage = 500

// List returns every board, by name.
func (s *Store) List(ctx context.Context) ([]leaderboard.Info, error) {
	registry, err := s.registry()
	if err != nil {
		return nil, err
	}
	names, err := s.clients.Read.SMembers(ctx, registry).Result()
	if err != nil {
		return nil, fmt.Errorf("list boards: %w", fault(err))
	}
	slices.Sort(names)
	var infos []leaderboard.Info
	for page := range slices.Chunk(names, listPage) {
		if infos, err = s.appendInfos(ctx, infos, page); err != nil {
			return nil, fmt.Errorf("list boards: %w", fault(err))
		}
	}
	return infos, nil
}

// appendInfos reads boards; those that are gone are left out.
func (s *Store) appendInfos(ctx context.Context, infos []leaderboard.Info, names []string) ([]leaderboard.Info, error) {
	pipe := s.clients.Read.Pipeline()
	heads, totals := make([]*redis.SliceCmd, len(names)), make([]*redis.IntCmd, len(names))
	for i, name := range names {
		k, err := s.keysOf(name)
		if err != nil {
			return nil, err
		}
		heads[i] = pipe.HMGet(ctx, k.head, "epoch", "version", "chain", "rules")
		totals[i] = pipe.ZCard(ctx, k.scores)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	for i, name := range names {
		head, rules, err := readBoard(heads[i])
		if err != nil {
			return nil, fmt.Errorf("board %s: %w", name, err)
		}
		if head != (leaderboard.Head{}) {
			infos = append(infos, leaderboard.Info{Board: name, Rules: rules, Head: head, Total: int(totals[i].Val())})
		}
	}
	return infos, nil
}

// readBoard reads head and rules.
func readBoard(cmd *redis.SliceCmd) (head leaderboard.Head, rules leaderboard.Rules, err error) {
	if head, err = readHead(cmd); err != nil || head == (leaderboard.Head{}) {
		return head, rules, err
	}
	text, _ := cmd.Val()[3].(string)
	if err := json.Unmarshal([]byte(text), &rules); err != nil {
		return head, rules, fmt.Errorf("%w: rules: %w", errDamaged, err)
	}
	return head, rules, nil
}

// Put creates the board or changes its rules. The same rules again change
// nothing; another order or tie while the board has entries is
// leaderboard.ErrRulesFixed. Delta is nil unless an existing board changed.
func (s *Store) Put(ctx context.Context, board string, rules leaderboard.Rules) (info leaderboard.Info, delta *leaderboard.Delta, created bool, err error) {
	info, delta, created, err = s.put(ctx, board, rules.WithDefaults())
	if err != nil {
		return leaderboard.Info{}, nil, false, fmt.Errorf("put board %s: %w", board, err)
	}
	return info, delta, created, nil
}

func (s *Store) put(ctx context.Context, board string, rules leaderboard.Rules) (info leaderboard.Info, delta *leaderboard.Delta, created bool, err error) {
	k, err := s.keysOf(board)
	if err != nil {
		return info, nil, false, err
	}
	if err := s.enlist(ctx, board); err != nil {
		return info, nil, false, err
	}
	text, _ := json.Marshal(rules) // texts: cannot fail
	epoch := newToken()
	r, err := s.write(ctx, putScript, 0, k.all(),
		epoch, firstChain(epoch), text, string(rules.Order), string(rules.Tie), s.changelogCap())
	if err != nil {
		return info, nil, false, err
	}
	outcome := r.text()
	info = leaderboard.Info{
		Board: board, Rules: rules,
		Head:  leaderboard.Head{Epoch: r.text(), Version: r.uint(), Chain: r.text()},
		Total: int(r.int()),
	}
	switch outcome {
	case "fixed":
		return info, nil, false, leaderboard.ErrRulesFixed
	case "changed":
		delta = &leaderboard.Delta{
			Epoch: info.Head.Epoch, From: r.uint(), To: info.Head.Version,
			PrevChain: r.text(), Chain: info.Head.Chain, Rules: &rules,
		}
	}
	if outcome == "created" && r.err == nil {
		r.err = s.enlist(ctx, board) // who deleted the board before may have struck the name since
	}
	return info, delta, outcome == "created", r.err
}

// enlist names the board in the registry. It does so before there is a board:
// a name without a board is passed over, a board without a name is lost.
func (s *Store) enlist(ctx context.Context, board string) error {
	registry, err := s.registry()
	if err != nil {
		return err
	}
	return s.resend(ctx, func() error { return s.clients.Write.SAdd(ctx, registry, board).Err() })
}

// Delete ends the board and its epoch.
func (s *Store) Delete(ctx context.Context, board string) error {
	k, err := s.keysOf(board)
	if err != nil {
		return err
	}
	if err := s.remove(ctx, board, k); err != nil {
		return fmt.Errorf("delete board %s: %w", board, err)
	}
	return nil
}

func (s *Store) remove(ctx context.Context, board string, k keys) error {
	for {
		head, err := s.headToWrite(ctx, k)
		if err != nil {
			return err
		}
		if head == (leaderboard.Head{}) {
			return leaderboard.ErrUnknownBoard
		}
		r, err := s.write(ctx, deleteScript, 0, append(k.all(), k.ended),
			head.Epoch, s.cfg.now(), endedKeep.Microseconds(), endedMost)
		if err != nil {
			return err
		}
		if r.int() != -1 { // else a fence began another epoch in between
			return s.delist(ctx, board, k)
		}
	}
}

// headToWrite reads the head as what is to be written needs it: until it is
// known. It is the zero Head if there is no board.
func (s *Store) headToWrite(ctx context.Context, k keys) (head leaderboard.Head, err error) {
	err = s.resend(ctx, func() (err error) {
		head, err = readHead(askHead(ctx, s.clients.Write, k))
		return err
	})
	return head, err
}

// delist takes the name of a board that is gone out of the registry, and puts
// it back if the board was made again meanwhile.
func (s *Store) delist(ctx context.Context, board string, k keys) error {
	registry, err := s.registry()
	if err != nil {
		return err
	}
	var again int64
	err = s.resend(ctx, func() (err error) {
		if err := s.clients.Write.SRem(ctx, registry, board).Err(); err != nil {
			return err
		}
		again, err = s.clients.Write.Exists(ctx, k.head).Result()
		return err
	})
	if err != nil || again == 0 {
		return err
	}
	return s.enlist(ctx, board)
}

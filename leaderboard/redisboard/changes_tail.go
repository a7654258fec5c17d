package redisboard

import (
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// tail is the part of a changelog that follows a head.
type tail struct {
	at     leaderboard.Head // where the deltas lead
	proved bool             // at is of the changelog's history
	deltas []leaderboard.Delta
}

// take takes the next entry. The first one must be that which led to at, with
// its chain; each other must lead on from the one before.
func (t *tail) take(m redis.XMessage) error {
	e, err := readEntry(m)
	if err != nil {
		return err
	}
	at := strconv.FormatUint(t.at.Version, 10)
	if !t.proved {
		if t.proved = e.to == at && e.chain == t.at.Chain; !t.proved {
			return leaderboard.ErrGone
		}
		return nil
	}
	if e.from != at {
		return fmt.Errorf("entry %s leads on from version %.20s, not %s: %w", m.ID, e.from, at, leaderboard.ErrGone)
	}
	d, err := e.delta(t.at.Epoch, t.at.Chain)
	if err != nil {
		return damagedEntry{m.ID, err}
	}
	t.deltas, t.at = append(t.deltas, d), d.Head()
	return nil
}

// damagedEntry is an entry of the changelog that is not what a script wrote: no
// history leads over it.
type damagedEntry struct {
	id  string
	err error
}

func (d damagedEntry) Error() string { return fmt.Sprintf("entry %s is damaged: %v", d.id, d.err) }

// Is makes it leaderboard.ErrGone, for those who would fold it, and
// leaderboard.ErrDamaged, for those who look for damage.
func (d damagedEntry) Is(target error) bool {
	return target == leaderboard.ErrGone || target == leaderboard.ErrDamaged
}

// Unwrap is what is wrong with it.
func (d damagedEntry) Unwrap() error { return d.err }

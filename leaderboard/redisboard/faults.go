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

// Pauses between two sendings of one call; they double.
const (
	firstPause = 10 * time.Millisecond
	lastPause  = 250 * time.Millisecond
)

// Answers of a server that cannot take a call now. The first ones pass, as a
// failover does; the others will not while a sender waits.
var (
	passing  = []string{"MOVED", "ASK", "READONLY", "LOADING", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "BUSY", "UNBLOCKED"}
	standing = []string{"OOM", "NOREPLICAS", "MISCONF", "NOAUTH", "WRONGPASS", "NOPERM"}
)

// ours are the errors that Redis has no part in.
var ours = []error{leaderboard.ErrUnknownBoard, leaderboard.ErrGone, leaderboard.ErrRulesFixed, errName, errDamaged, errMoved}

// unavailable reports whether err means that Redis is not there, or does not
// take the call; again, that it may the next moment.
func unavailable(err error) (yes, again bool) {
	for _, own := range ours {
		if errors.Is(err, own) {
			return false, false
		}
	}
	var said redis.Error
	switch {
	case errors.Is(err, redis.ErrClosed):
		return true, false
	case !errors.As(err, &said):
		return true, true // no answer: the network, a timeout, no connection free
	case begins(said, passing):
		return true, true
	}
	return begins(said, standing), false
}

func begins(err error, codes []string) bool {
	for _, code := range codes {
		if strings.HasPrefix(err.Error(), code) {
			return true
		}
	}
	return false
}

// fault is err as callers know it.
func fault(err error) error {
	if err == nil {
		return nil
	}
	if yes, _ := unavailable(err); yes {
		return fmt.Errorf("%w: %w", leaderboard.ErrUnavailable, err)
	}
	return err
}

// resend makes a call until its outcome is known, or ctx ends, or the time for
// that is over: leaderboard.ErrUnavailable then. The call must bear being made
// twice.
func (s *Store) resend(ctx context.Context, call func() error) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Resend)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := call()
		if err == nil {
			return nil
		}
		if _, again := unavailable(err); !again {
			return fault(err)
		}
		select {
		case <-ctx.Done():
			return fault(err)
		case <-time.After(pause):
		}
	}
}

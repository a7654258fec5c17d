package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"rollcall/leaderboard"
)

// reloadSpread is the longest pause before a replica is replaced: what made
// one node read a board anew makes the others, too.
const reloadSpread = 200 * time.Millisecond

// Outcomes of a fence, as the metric's label.
const (
	fenceBegun    = "begun"    // acked events may be lost: this call began the board's new epoch
	fenceFollowed = "followed" // the board has another epoch
	fenceKept     = "kept"     // nothing is lost: the changelog alone did not lead on
	fenceFailed   = "failed"   // the store did not say
)

// known is what a feed knew when it began to read the store.
type known struct {
	rep     *leaderboard.Replica // nil = none
	was     *leaderboard.Replica // rep before it was told that the board is another
	wrong   bool                 // rep contradicts the store: the changelog does not help
	renewed int
}

// last is the last that was known of the board, nil if nothing was.
func (k known) last() *leaderboard.Replica {
	if k.rep != nil {
		return k.rep
	}
	return k.was
}

func (f *feed) knownLocked() known {
	return known{rep: f.rep, was: f.was, wrong: f.wrong, renewed: f.renewed}
}

// read brings the replica on by the changelog, or replaces it by the store's
// snapshot; not by one that was begun before the board was renewed. A snapshot
// takes the place of what was known only where the store has that history, or a
// new epoch says that it has not.
func (f *feed) read(k known) error {
	if k.rep != nil && !k.wrong {
		switch err := f.catchUp(k.rep); {
		case err == nil:
			f.caughtUp(k)
			return nil
		case errors.Is(err, leaderboard.ErrUnknownBoard):
			return f.vanished(k)
		case !errors.Is(err, leaderboard.ErrGone):
			return err
		}
	}
	if last := k.last(); last != nil && !k.wrong {
		switch err := f.fence(last.Head()); {
		case errors.Is(err, leaderboard.ErrUnknownBoard):
			return f.vanished(k)
		case err != nil:
			return err
		}
	}
	if k.rep != nil && f.hub.cfg.Shared {
		f.hub.pause(rand.N(reloadSpread))
	}
	snap, err := f.hub.boards.Snapshot(f.hub.life, f.board)
	switch {
	case errors.Is(err, leaderboard.ErrUnknownBoard):
		return f.vanished(k)
	case err != nil:
		return err
	}
	return f.replace(k, snap)
}

// errBehind is why a snapshot is not taken.
var errBehind = errors.New("the store was read behind what is known here, in the same epoch")

// isBehind reports whether a head that was read goes back behind another within
// one epoch: the replica has heard more meanwhile, or who was asked to fence and
// who was read are not the same server; they will be, and then the fence decides.
func isBehind(read, had leaderboard.Head) bool {
	return read.Epoch == had.Epoch && (read.Version < had.Version || read.Version == had.Version && read.Chain != had.Chain)
}

// fence asks whether the store still has the history that a head is of. It
// began another, if acked events may be lost.
func (f *feed) fence(was leaderboard.Head) error {
	is, begun, err := f.hub.boards.Fence(f.hub.life, f.board, was)
	outcome := fenceKept
	switch {
	case errors.Is(err, leaderboard.ErrUnknownBoard):
		return err
	case err != nil:
		outcome = fenceFailed
	case begun:
		outcome = fenceBegun
		f.hub.log.Error("store has lost events: the board goes on in a new epoch, its bots send again what they kept",
			"board", f.board, "was", was, "is", is)
	case is.Epoch != was.Epoch:
		outcome = fenceFollowed
	}
	f.hub.metrics.fences.WithLabelValues(outcome).Inc()
	return err
}

// replace makes the store's snapshot the replica.
func (f *feed) replace(k known, snap leaderboard.Snapshot) error {
	rep := leaderboard.NewReplica(snap)
	f.mu.Lock()
	current := f.renewed == k.renewed // else missed says that there is more to read
	if current && f.rep != nil && isBehind(snap.Head, f.rep.Head()) {
		f.mu.Unlock()
		return errBehind
	}
	if current {
		f.foundLocked()
		f.was = nil
		if k.wrong {
			f.wrong = false
			f.repaintLocked(snap.Head)
		}
		f.replaceLocked(rep, nil)
	}
	f.mu.Unlock()
	if !current {
		return nil
	}
	f.hub.standings.found(f.board, snap.Head.Epoch)
	if last := k.last(); last != nil {
		f.hub.log.Warn("board read anew", "board", f.board, "was", last.Head(), "is", snap.Head)
	}
	return nil
}

// repaintLocked makes every view be painted anew at a head that was shown
// wrongly: its frames need another name.
func (f *feed) repaintLocked(head leaderboard.Head) {
	f.repainted, f.repaints = head, f.repaints+1
	for _, v := range f.views {
		v.fresh = false
	}
}

// caughtUp takes that the store has the replica's history.
func (f *feed) caughtUp(k known) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rep == k.rep {
		f.foundLocked()
	}
}

// vanished takes that the store does not have the board. Unless it was
// deleted, the store has lost it, and what was known stays.
func (f *feed) vanished(k known) error {
	last := k.last()
	if last != nil {
		ended, err := f.ended(last.Head().Epoch)
		if err != nil {
			return err
		}
		if !ended {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.renewed == k.renewed {
				f.loseLocked(last)
			}
			return nil
		}
		f.hub.log.Warn("board is gone from the store", "board", f.board, "was", last.Head())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.renewed == k.renewed {
		f.foundLocked()
		f.was = nil
		f.replaceLocked(nil, leaderboard.ErrUnknownBoard)
	}
	return nil
}

func (f *feed) ended(epoch string) (bool, error) {
	ctx, cancel := context.WithTimeout(f.hub.life, headsTimeout)
	defer cancel()
	return f.hub.boards.Ended(ctx, f.board, epoch)
}

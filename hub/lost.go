package hub

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/leaderboard"
)

const (
	lostNamed  = 3           // boards that a sentence names
	lostRemind = time.Minute // between two lines of the log
)

// losses are the boards that the store has lost: their heads are gone, and
// nobody deleted them. Their events are answered unavailable; reads and screens
// keep what was known.
type losses struct {
	hub   *Hub
	count atomic.Int64 // of boards; stored under mu

	mu     sync.Mutex
	boards map[string]bool // guarded by mu
	said   time.Time       // guarded by mu; when the log was told
}

func newLosses(h *Hub) *losses { return &losses{hub: h, boards: map[string]bool{}} }

func (l *losses) has(board string) bool {
	if l.count.Load() == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.boards[board]
}

// fault is what a sender for the board is told if it is lost, else nil.
func (l *losses) fault(board string) error {
	if l.has(board) {
		return lostFault(board)
	}
	return nil
}

func (l *losses) set(board string, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lost {
		l.boards[board] = true
	} else {
		delete(l.boards, board)
	}
	if n := int64(len(l.boards)); l.count.Swap(n) != n {
		signal(l.hub.nodes.news)
	}
}

// problem says which boards are lost, "" if none is.
func (l *losses) problem() string {
	if l.count.Load() == 0 {
		return ""
	}
	l.mu.Lock()
	names := make([]string, 0, len(l.boards))
	for board := range l.boards {
		names = append(names, board)
	}
	l.mu.Unlock()
	slices.Sort(names)
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return "the store has lost board " + names[0] + ": restore it from a backup, or delete it"
	case n <= lostNamed:
		return "the store has lost boards " + strings.Join(names, ", ") + ": restore them from a backup, or delete them"
	default:
		return fmt.Sprintf("the store has lost %d boards, as %s: restore them from a backup, or delete them", n, strings.Join(names[:lostNamed], ", "))
	}
}

// remind tells the log, at once and then once a minute.
func (l *losses) remind(now time.Time) {
	what := l.problem()
	l.mu.Lock()
	back := what == "" && !l.said.IsZero()
	due := what != "" && now.Sub(l.said) >= lostRemind
	switch {
	case due:
		l.said = now
	case back:
		l.said = time.Time{}
	}
	l.mu.Unlock()
	switch {
	case due:
		l.hub.log.Error(what)
	case back:
		l.hub.log.Info("no board is lost any more")
	}
}

// loseLocked keeps what is known of a board that the store has lost.
func (f *feed) loseLocked(rep *leaderboard.Replica) {
	if f.rep != rep {
		f.replaceLocked(rep, nil)
	}
	f.was = nil
	f.lost = true
	f.hub.losses.set(f.board, true)
}

// foundLocked takes that the board is no longer lost: it is there, or it was
// deleted.
func (f *feed) foundLocked() {
	if f.lost {
		f.lost = false
		f.hub.losses.set(f.board, false)
	}
}

// withLost adds the boards that the store has lost, as they are known here.
func (fs *feeds) withLost(infos []leaderboard.Info) []leaderboard.Info {
	if fs.hub.losses.count.Load() == 0 {
		return infos
	}
	all := slices.Clone(infos) // they are shared
	for _, f := range fs.served(nil, true) {
		if info, lost := f.lostInfo(); lost {
			all = append(all, info)
		}
	}
	slices.SortStableFunc(all, func(a, b leaderboard.Info) int { return strings.Compare(a.Board, b.Board) })
	return slices.CompactFunc(all, func(a, b leaderboard.Info) bool { return a.Board == b.Board })
}

func (f *feed) lostInfo() (info leaderboard.Info, lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.lost {
		return info, false
	}
	f.rep.Read(func(r *leaderboard.Reader) {
		info = leaderboard.Info{Board: f.board, Rules: r.Rules(), Head: r.Head(), Total: r.Len()}
	})
	return info, true
}

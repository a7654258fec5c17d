package hub

import (
	"log/slog"
	"sync"
	"time"
)

// unappliedEvery is the shortest pause between two lines of the log about
// batches that the store did not take.
const unappliedEvery = time.Second

// unapplied tells the log of batches that the store did not take, once a second:
// a store that is away fails those of all boards, and the first error says why.
type unapplied struct {
	to *slog.Logger // static

	mu   sync.Mutex
	said time.Time // guarded by mu
	more int       // guarded by mu; batches that failed since and were not told
}

func (u *unapplied) log(board string, events int, err error) {
	now := time.Now()
	u.mu.Lock()
	if now.Sub(u.said) < unappliedEvery {
		u.more++
		u.mu.Unlock()
		return
	}
	more := u.more
	u.said, u.more = now, 0
	u.mu.Unlock()
	u.to.Error("batch not applied", "board", board, "events", events, "more", more, "err", err)
}

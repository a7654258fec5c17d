package leaderboard

import (
	"crypto/sha256"
	"time"
)

// BodyHash tells the bodies of events with the same id apart.
type BodyHash [16]byte

// UsedID is an id that the window remembers.
type UsedID struct {
	ID      string
	At      time.Time // when it was taken, by the store's clock
	Body    BodyHash
	Refusal *Refusal // the event was refused for good
}

// idWindow remembers the ids of a board's events, oldest first. It never
// forgets one early: when it is full, new ids wait.
type idWindow struct {
	window time.Duration
	limit  int
	byID   map[string]UsedID
	order  []string // ids by At; order[:gone] have left
	gone   int
	last   time.Time // the latest At: time does not go back
}

func newIDWindow(window time.Duration, limit int) idWindow {
	return idWindow{window: window, limit: limit, byID: make(map[string]UsedID)}
}

func (w *idWindow) full() bool { return len(w.byID) >= w.limit }

// add remembers an id and returns it as remembered.
func (w *idWindow) add(id UsedID) UsedID {
	if id.At.Before(w.last) {
		id.At = w.last
	}
	w.last = id.At
	w.byID[id.ID] = id
	w.order = append(w.order, id.ID)
	return id
}

// refuse notes that the event of an id just added was refused.
func (w *idWindow) refuse(id string, r Refusal) UsedID {
	used := w.byID[id]
	used.Refusal = &r
	w.byID[id] = used
	return used
}

// expire forgets the ids that are older than the window and returns them.
func (w *idWindow) expire(now time.Time) []UsedID {
	var old []UsedID
	for w.gone < len(w.order) {
		used := w.byID[w.order[w.gone]]
		if used.At.Add(w.window).After(now) {
			break
		}
		old = append(old, used)
		delete(w.byID, used.ID)
		w.order[w.gone] = ""
		w.gone++
	}
	if w.gone > len(w.order)/2 {
		w.order = append([]string(nil), w.order[w.gone:]...)
		w.gone = 0
	}
	return old
}

// revert forgets the ids just added, and remembers those just expired.
func (w *idWindow) revert(added, expired []UsedID) {
	for _, used := range added {
		delete(w.byID, used.ID)
	}
	w.order = w.order[:len(w.order)-len(added)]
	if len(expired) == 0 {
		return
	}
	order := make([]string, 0, len(expired)+len(w.order)-w.gone)
	for _, used := range expired {
		w.byID[used.ID] = used
		order = append(order, used.ID)
	}
	w.order, w.gone = append(order, w.order[w.gone:]...), 0
}

// Hash covers everything of the event but its identity.
func (e *Event) Hash() BodyHash {
	b := make([]byte, 0, 256)
	b = appendString(b, e.Member)
	b = appendString(b, string(e.Op))
	b = appendFloat(b, e.Score)
	b = appendBool(b, e.Public)
	b = appendBool(b, e.Tie != nil)
	if e.Tie != nil {
		b = appendInt(b, *e.Tie)
	}
	for _, text := range []*string{e.Name, e.Group} {
		b = appendBool(b, text != nil)
		if text != nil {
			b = appendString(b, *text)
		}
	}
	b = appendCells(b, e.Cells)
	sum := sha256.Sum256(b)
	return BodyHash(sum[:16])
}

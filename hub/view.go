package hub

import (
	"encoding/json"
	"fmt"
	"time"

	"rollcall/hub/fanout"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// view is one way to look at a board, shared by every session that asks for
// the same. Its fields are guarded by its feed's mu; fan locks itself.
type view struct {
	key   string // names the parameters
	stamp string // the view's part of `at`
	sub   string // id on the wire
	kind  string
	every time.Duration // shortest time between frames
	fan   *fanout.View
	users int // attached sessions

	shown leaderboard.Head // what the last render looked at
	fresh bool             // has been rendered
	next  time.Time        // earliest next frame
	draw  painter
}

// painter makes the content of one kind of view.
type painter interface {
	// paint looks at the board and returns the snapshot to show and the delta
	// from what it painted last, nil when there is none. changed is false if
	// the view looks as before; then the others do not count. anew says that
	// nothing of this history was shown: then it has changed, however it looks.
	paint(p *picture, anew bool) (snapshot func() any, delta any, changed bool)
}

// picture is what a painter may look at.
type picture struct {
	head   leaderboard.Head
	at     string // the head's part of `at`
	rules  leaderboard.Rules
	info   *wire.BoardInfo
	reader *leaderboard.Reader // nil when the board is gone
	recent []activity
}

// A board with many views is rendered in slices, so that neither its apply
// path nor another board's views wait long for it.
const (
	tickSlice = 2 * time.Millisecond
	tickCheck = 32 // views between two looks at the clock
)

// tick renders views that are due, in one look at the replica.
func (f *feed) tick(now time.Time) (next time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unknownLocked() {
		return time.Time{} // settle wants another tick
	}
	f.soonest = time.Time{}
	f.lookLocked(func(p *picture) {
		rendered := 0
		for _, v := range f.views {
			switch {
			case v.fresh && v.shown == p.head:
			case v.next.After(now):
				next = earliest(next, v.next)
			default:
				if rendered++; rendered%tickCheck == 0 && time.Since(now) > tickSlice {
					next = now
					return
				}
				v.render(p)
				v.next = now.Add(v.every)
			}
			f.soonest = earliest(f.soonest, v.next)
		}
	})
	return next
}

// earliest is the earlier of two times, where zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func (f *feed) lookLocked(look func(*picture)) {
	if f.rep == nil {
		rules := leaderboard.Rules{}.WithDefaults()
		look(&picture{at: headAt(leaderboard.Head{}), rules: rules, info: &wire.BoardInfo{Board: f.board, Rules: toWireRules(rules)}})
		return
	}
	f.rep.Read(func(r *leaderboard.Reader) {
		info := boardInfo(f.board, r)
		at := headAt(r.Head())
		if f.repaints > 0 && f.repainted == r.Head() {
			at += fmt.Sprintf("!%s.%d", f.hub.cfg.Node, f.repaints) // it is not what was shown by that name
		}
		look(&picture{head: r.Head(), at: at, rules: r.Rules(), info: &info, reader: r, recent: f.recent})
	})
}

func boardInfo(board string, r *leaderboard.Reader) wire.BoardInfo {
	head := r.Head()
	return wire.BoardInfo{Board: board, Rules: toWireRules(r.Rules()), Epoch: head.Epoch, Version: head.Version, Total: r.Len()}
}

// render paints the view and publishes the frames if it looks different, or
// shows another history.
func (v *view) render(p *picture) {
	anew := !v.fresh || v.shown.Epoch != p.head.Epoch
	snapshot, delta, changed := v.draw.paint(p, anew)
	v.shown, v.fresh = p.head, true
	if !changed {
		return
	}
	now := p.at + v.stamp
	state := fanout.State{At: now, Snapshot: func() *fanout.Frame {
		return encodeFrame(push{View: v.kind, Sub: v.sub, At: now, Snapshot: snapshot()})
	}}
	if delta != nil && !anew {
		state.From = v.fan.Current()
		state.Delta = encodeFrame(push{View: v.kind, Sub: v.sub, From: state.From, At: now, Delta: delta})
	}
	v.fan.Publish(state)
}

// encode marshals what this package made; it cannot fail but by a defect.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("hub: encoding " + err.Error())
	}
	return b
}

// push is wire.Push with its content still to be encoded: once is enough.
type push struct {
	View     string `json:"view"`
	Sub      string `json:"sub"`
	From     string `json:"from,omitempty"`
	At       string `json:"at"`
	Snapshot any    `json:"snapshot,omitempty"`
	Delta    any    `json:"delta,omitempty"`
}

func encodeFrame(p push) *fanout.Frame { return fanout.NewFrame(encode(p)) }

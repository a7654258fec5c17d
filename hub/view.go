package hub

import (
	"encoding/json"
	"time"

	"rollcall/hub/fanout"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// view is one way to look at a board, shared by every session that asks for
// the same. Its fields are guarded by its feed's mu; fan locks itself.
type view struct {
	key   string // names the parameters; part of `at`
	sub   string // id on the wire
	kind  string
	aud   string
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
	// the view looks as before.
	paint(p picture) (snapshot func() any, delta any, changed bool)
}

// picture is what a painter may look at.
type picture struct {
	board  string
	info   wire.BoardInfo
	reader *leaderboard.Reader // nil when the board is gone
	recent []activity
}

// tick renders the views that are due, in one look at the replica.
func (f *feed) tick(now time.Time) (next time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lookLocked(func(p picture, head leaderboard.Head) {
		for _, v := range f.views {
			if v.fresh && v.shown == head {
				continue
			}
			if v.next.After(now) {
				if next.IsZero() || v.next.Before(next) {
					next = v.next
				}
				continue
			}
			v.render(p, head)
			v.next = now.Add(v.every)
		}
	})
	return next
}

func (f *feed) lookLocked(look func(picture, leaderboard.Head)) {
	if f.rep == nil {
		rules := toWireRules(leaderboard.Rules{}.WithDefaults())
		look(picture{board: f.board, info: wire.BoardInfo{Board: f.board, Rules: rules}}, leaderboard.Head{})
		return
	}
	f.rep.Read(func(r *leaderboard.Reader) {
		look(picture{board: f.board, info: boardInfo(f.board, r), reader: r, recent: f.recent}, r.Head())
	})
}

func boardInfo(board string, r *leaderboard.Reader) wire.BoardInfo {
	head := r.Head()
	return wire.BoardInfo{Board: board, Rules: toWireRules(r.Rules()), Epoch: head.Epoch, Version: head.Version, Total: r.Len()}
}

// render paints the view and publishes the frames if it looks different.
func (v *view) render(p picture, head leaderboard.Head) {
	snapshot, delta, changed := v.draw.paint(p)
	anew := !v.fresh || v.shown.Epoch != head.Epoch // a new history: nothing builds on what was shown
	v.shown, v.fresh = head, true
	if !changed && !anew {
		return
	}
	now := at(head, v.aud, v.key)
	state := fanout.State{At: now, Snapshot: func() *fanout.Frame {
		return encodeFrame(wire.Push{View: v.kind, Sub: v.sub, At: now, Snapshot: encode(snapshot())})
	}}
	if from := v.fan.Current(); delta != nil && !anew && from != "" {
		state.From = from
		state.Delta = encodeFrame(wire.Push{View: v.kind, Sub: v.sub, From: from, At: now, Delta: encode(delta)})
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

func encodeFrame(p wire.Push) *fanout.Frame { return fanout.NewFrame(encode(p)) }

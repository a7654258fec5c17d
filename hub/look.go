package hub

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"rollcall/hub/fanout"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// defaultWait is how long a read waits for its board when it does not say.
const defaultWait = 5 * time.Second

// look finds or makes the view a request asks for, and holds it.
func (h *Hub) look(p *Principal, req *wire.Request) (looking, *wire.Error) {
	if req.MaxHz < 0 {
		return looking{}, &wire.Error{Code: wire.OutOfRange, Field: "max_hz", Message: "must be above 0"}
	}
	switch req.View {
	case wire.ViewTop, wire.ViewAround, wire.ViewMe, wire.ViewActivity:
		return h.lookBoard(p, req)
	case wire.ViewPresence:
		return h.lookRoom(p, req)
	}
	return looking{}, &wire.Error{Code: wire.UnknownView, Field: "view", Message: "must be top, around, me, presence or activity"}
}

func (h *Hub) lookBoard(p *Principal, req *wire.Request) (looking, *wire.Error) {
	want, fault := h.wanted(p, req)
	if fault != nil {
		return looking{}, fault
	}
	want.every = max(interval(h.cfg.BoardHz), interval(want.hz))
	ctx, cancel := context.WithTimeout(context.Background(), defaultWait)
	defer cancel()
	for {
		f := h.feeds.get(req.Board)
		if _, err := f.await(ctx, 0); err != nil {
			return looking{}, storeFault(req.Board, err)
		}
		if l, ok := f.hold(want); ok {
			l.rows = want.rows
			wish := *req
			l.allowed = func(p *Principal) bool {
				again, fault := h.wanted(p, &wish)
				return fault == nil && again.key == want.key
			}
			return l, nil
		}
	}
}

// wish is a board view with every parameter decided.
type wish struct {
	kind, aud string
	hz        float64 // 0 = the node's rate
	every     time.Duration
	key       string
	rows      int // what one frame holds at most
	painter   func() painter
}

func (h *Hub) wanted(p *Principal, req *wire.Request) (wish, *wire.Error) {
	if fault := h.mayRead(p, req.Board, req.Audience); fault != nil {
		return wish{}, fault
	}
	w := wish{kind: req.View, aud: req.Audience, hz: steady(req.MaxHz)}
	if w.aud == "" {
		w.aud = wire.AudiencePublic
	}
	scheme, fault := parseScheme(req.Scheme)
	if fault != nil {
		return w, fault
	}
	switch req.View {
	case wire.ViewTop:
		n := req.N
		if n == 0 {
			n = 50
		}
		if n < 1 || n > wire.MaxPage {
			return w, rangeFault("n", 1, wire.MaxPage)
		}
		w.rows = n
		w.key = fmt.Sprintf("top %d %s", n, scheme)
		w.painter = func() painter { return &topPainter{n: n, scheme: scheme} }
	case wire.ViewActivity:
		w.rows = recentMax
		w.key = "activity"
		w.painter = func() painter { return &activityPainter{} }
	default:
		member, span, fault := whose(p, req)
		if fault != nil {
			return w, fault
		}
		w.rows = 2*span + 1
		w.key = fmt.Sprintf("%s %d %s %s", req.View, span, scheme, member)
		w.painter = func() painter { return &aroundPainter{member: member, span: span, scheme: scheme} }
		if req.View == wire.ViewMe {
			w.painter = func() painter { return &mePainter{member: member, scheme: scheme} }
		}
	}
	w.key = fmt.Sprintf("%s %s %g", w.key, w.aud, w.hz)
	return w, nil
}

// whose is the member an around or me view is about.
func whose(p *Principal, req *wire.Request) (member string, span int, fault *wire.Error) {
	if req.View == wire.ViewMe {
		if member = p.MemberOn(req.Board); member == "" {
			return "", 0, &wire.Error{Code: wire.AuthRequired, Field: "view", Message: "me needs a user; say hello with a name or token"}
		}
		return member, 0, nil
	}
	if fault = wire.CheckMember("member", req.Member); fault != nil {
		return "", 0, fault
	}
	if span = req.Span; span == 0 {
		span = 5
	}
	if span < 1 || span > wire.MaxSpan {
		return "", 0, rangeFault("span", 1, wire.MaxSpan)
	}
	return req.Member, span, nil
}

func rangeFault(field string, low, high int) *wire.Error {
	return &wire.Error{Code: wire.OutOfRange, Field: field, Message: fmt.Sprintf("must be %d to %d", low, high)}
}

func parseScheme(s string) (leaderboard.Scheme, *wire.Error) {
	switch s {
	case "", wire.SchemeCompetition, wire.SchemeDense, wire.SchemeOrdinal:
		return leaderboard.Scheme(s), nil
	}
	return "", &wire.Error{Code: wire.BadRequest, Field: "scheme", Message: "must be competition, dense or ordinal"}
}

// steady rounds a wished rate down to one of a few, so that views are shared.
func steady(hz float64) float64 {
	if hz == 0 {
		return 0
	}
	rates := []float64{10, 5, 2, 1, 0.5, 0.2}
	for _, r := range rates {
		if hz >= r {
			return r
		}
	}
	return 0.1
}

func interval(hz float64) time.Duration {
	if hz <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / hz)
}

// hold finds or makes the view and counts one more user of it; false if the
// feed has been dropped or renewed meanwhile.
func (f *feed) hold(w wish) (looking, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dropped || f.unknownLocked() {
		return looking{}, false
	}
	v := f.views[w.key]
	if v == nil {
		v = &view{
			kind: w.kind, key: w.key, stamp: stampOf(w.aud, w.key), every: w.every, draw: w.painter(),
			sub: subOf("board", f.board, w.key), fan: fanout.NewView(),
		}
		f.lookLocked(v.render)
		v.next = time.Now().Add(v.every)
		f.soonest = earliest(f.soonest, v.next)
		f.views[w.key] = v
	}
	v.users++
	return looking{sub: v.sub, fan: v.fan, release: func() { f.release(v) }}, true
}

func (f *feed) release(v *view) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used.Store(time.Now().UnixNano())
	if v.users--; v.users == 0 {
		delete(f.views, v.key)
	}
}

// subOf is the id of a view's subscriptions. All sessions of the view share
// it, on every node, so that a frame is the same bytes everywhere.
func subOf(kind, name, key string) string {
	f := fnv.New64a()
	_, _ = f.Write([]byte(kind + " " + name + " " + key)) // never fails
	return "s" + strconv.FormatUint(f.Sum64(), 36)
}

func (h *Hub) lookRoom(p *Principal, req *wire.Request) (looking, *wire.Error) {
	if fault := wire.CheckName("room", req.Room); fault != nil {
		return looking{}, fault
	}
	if !p.InRoom(req.Room) {
		return looking{}, &wire.Error{Code: wire.Forbidden, Field: "room", Message: "this token does not cover the room"}
	}
	if req.Mode != "" && req.Mode != wire.ModeAuto && req.Mode != wire.ModeCount {
		return looking{}, &wire.Error{Code: wire.BadRequest, Field: "mode", Message: "must be auto or count"}
	}
	room := req.Room
	l := h.rooms.hold(room, req.Mode == wire.ModeCount, steady(req.MaxHz))
	l.allowed = func(p *Principal) bool { return p.InRoom(room) }
	return l, nil
}

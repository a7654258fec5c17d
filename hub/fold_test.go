package hub_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/client"
	"rollcall/hub"
	"rollcall/wire"
)

// folder is a session that folds one view as a client does, and comes and goes
// with the `at` it had.
type folder struct {
	testing.TB
	n    *testNode
	req  wire.Request
	dice *rand.Rand

	s     *testSession
	sub   string
	at    string
	board wire.BoardSnapshot
	acts  wire.ActivitySnapshot
	room  wire.PresenceSnapshot
}

func (f *folder) connect() {
	f.s = f.n.hello("m3")
	f.subscribe()
}

func (f *folder) subscribe() {
	req := f.req
	req.Op = "subscribe"
	if f.dice.IntN(4) > 0 {
		req.At = f.at
	}
	if req.At == "" {
		f.board, f.acts, f.room, f.at = wire.BoardSnapshot{}, wire.ActivitySnapshot{}, wire.PresenceSnapshot{}, ""
	}
	var ok wire.SubscribeOK
	f.s.ok(req, &ok)
	f.sub = ok.Sub
	f.s.queued = nil // of the subscription before: it resumes from what was sent
}

// follow folds until done is closed and nothing comes any more.
func (f *folder) follow(done <-chan struct{}) {
	f.connect()
	for {
		select {
		case <-done:
			f.rest()
			return
		default:
		}
		f.stir()
		if fr, ok := f.next(100 * time.Millisecond); ok {
			f.fold(fr)
		} else {
			f.reconnect() // a read that timed out cannot be taken up again
		}
	}
}

// rest folds what still comes, until the state is what the server says.
func (f *folder) rest() {
	for deadline := time.Now().Add(30 * time.Second); ; {
		if fr, ok := f.next(300 * time.Millisecond); ok {
			f.fold(fr)
			continue
		}
		got, want := f.compare()
		if reflect.DeepEqual(got, want) {
			return
		}
		if time.Now().After(deadline) {
			f.Errorf("%+v folded\n%s\nwant\n%s", f.req, show(got), show(want))
			return
		}
		f.reconnect()
	}
}

func (f *folder) reconnect() {
	_ = f.s.ws.Close()
	f.connect()
}

func (f *folder) stir() {
	switch f.dice.IntN(40) {
	case 0:
		f.reconnect()
	case 1:
		f.s.ok(wire.Request{Op: "unsubscribe", Sub: f.sub}, nil)
		for _, fr := range f.s.queued { // pushed before the answer
			f.fold(fr)
		}
		f.s.queued = nil
		f.subscribe()
	case 2:
		f.subscribe() // again, on top of itself
	}
}

// next returns the next frame, if it comes in time.
func (f *folder) next(wait time.Duration) (fr frame, ok bool) {
	if len(f.s.queued) > 0 {
		fr, f.s.queued = f.s.queued[0], f.s.queued[1:]
		return fr, true
	}
	_ = f.s.ws.SetReadDeadline(time.Now().Add(wait))
	_, raw, err := f.s.ws.ReadMessage()
	if err != nil {
		return fr, false
	}
	return f.parse(raw), true
}

func (f *folder) parse(raw []byte) frame {
	fr := frame{raw: raw}
	if err := json.Unmarshal(raw, &fr.Push); err != nil {
		f.Errorf("%v in %s", err, raw)
	}
	return fr
}

func (f *folder) fold(fr frame) {
	if fr.Delta != nil && fr.From != f.at {
		f.Errorf("%s: a delta from %s onto %s", f.req.View, fr.From, f.at)
	}
	f.at = fr.At
	switch f.req.View {
	case wire.ViewActivity:
		foldInto(f, fr, &f.acts, client.FoldActivity)
	case wire.ViewPresence:
		foldInto(f, fr, &f.room, client.FoldPresence)
	default:
		foldInto(f, fr, &f.board, client.FoldBoard)
	}
}

func foldInto[S, D any](f *folder, fr frame, state *S, fold func(S, D) (S, bool)) {
	if fr.Snapshot != nil {
		var fresh S
		if err := json.Unmarshal(fr.Snapshot, &fresh); err != nil {
			f.Errorf("%v in %s", err, fr.raw)
		}
		*state = fresh
		return
	}
	var delta D
	if err := json.Unmarshal(fr.Delta, &delta); err != nil {
		f.Errorf("%v in %s", err, fr.raw)
	}
	next, ok := fold(*state, delta)
	if !ok {
		f.Errorf("a delta does not fit: %s", fr.raw)
	}
	*state = next
}

// TestFoldedViewsEqualTheBoard: whatever pushers push and sessions do, at the
// end what every client folded is what the server says when asked.
func TestFoldedViewsEqualTheBoard(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			n := newNode(t, func(c *hub.Config) { c.BoardHz, c.ReadDeadline = 200, time.Minute })
			n.board("b", wire.Rules{Tie: []string{"reached", "given", "none"}[seed%3]})
			folders := newFolders(n, seed)
			var pushers, watchers sync.WaitGroup
			done := make(chan struct{})
			for i := range 3 {
				pushers.Go(func() { pushAtRandom(n, rand.New(rand.NewPCG(seed, uint64(i))), i, seed%3 == 1) })
			}
			pushers.Go(func() { joinAtRandom(n, rand.New(rand.NewPCG(seed, 9))) })
			for _, f := range folders {
				watchers.Go(func() { f.follow(done) })
			}
			pushers.Wait()
			close(done)
			watchers.Wait()
		})
	}
}

func newFolders(n *testNode, seed uint64) (fs []*folder) {
	for i, req := range []wire.Request{
		{View: "top", Board: "b", N: 1000},
		{View: "top", Board: "b", N: 1000, MaxHz: 5},
		{View: "top", Board: "b", N: 7},
		{View: "top", Board: "b", N: 7},
		{View: "top", Board: "b", N: 7, Scheme: "dense"},
		{View: "top", Board: "b", N: 1, Audience: "live"},
		{View: "around", Board: "b", Member: "m5", Span: 2},
		{View: "around", Board: "b", Member: "nobody"},
		{View: "me", Board: "b"},
		{View: "activity", Board: "b"},
		{View: "activity", Board: "b"},
		{View: "presence", Room: "r"},
		{View: "presence", Room: "r", Mode: "count"},
	} {
		fs = append(fs, &folder{TB: n.TB, n: n, req: req, dice: rand.New(rand.NewPCG(seed, uint64(100+i)))})
	}
	return fs
}

func pushAtRandom(n *testNode, dice *rand.Rand, pusher int, ties bool) {
	seq := 0
	for range 150 {
		var batch []any
		for range 1 + dice.IntN(5) {
			seq++
			e := event(fmt.Sprint("p", pusher), seq, fmt.Sprint("m", dice.IntN(15)), float64(dice.IntN(6)))
			if ties {
				e["tie"] = dice.IntN(3)
			}
			switch dice.IntN(8) {
			case 0:
				delete(e, "score")
				delete(e, "tie")
				e["op"] = "remove"
			case 1:
				delete(e, "score")
				delete(e, "tie")
				e["op"], e["name"] = "patch", fmt.Sprint("name ", dice.IntN(3))
			case 2:
				e["op"] = "incr"
			case 3:
				e["op"] = "best"
			case 4:
				e["cells"] = map[string]any{string(rune('A' + dice.IntN(3))): []any{dice.IntN(3), nil, map[string]any{"snapshot": 1}}[dice.IntN(3)]}
			}
			batch = append(batch, e)
		}
		n.push("b", batch)
		if dice.IntN(60) == 0 {
			n.call("PUT", "/v1/boards/b", fmt.Sprintf(`{"title":"T%d","tie":%q}`, dice.IntN(3), []string{"reached", "given"}[b2i(ties)]))
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func joinAtRandom(n *testNode, dice *rand.Rand) {
	var in []*testSession
	for i := range 60 {
		s := n.hello(fmt.Sprint("u", dice.IntN(10)))
		s.ok(wire.Request{Op: "join", Room: "r", Away: dice.IntN(2) == 0}, nil)
		in = append(in, s)
		if i%2 == 1 {
			k := dice.IntN(len(in))
			_ = in[k].ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage([]int{1000, 1001}[dice.IntN(2)], ""), time.Now().Add(time.Second))
			in = append(in[:k], in[k+1:]...)
		}
	}
	for _, s := range in { // they stay, and answer pings
		_ = s.ws.SetReadDeadline(time.Time{})
		go func() {
			for {
				if _, _, err := s.ws.ReadMessage(); err != nil {
					return
				}
			}
		}()
	}
}

// compare returns what was folded and what the server says when asked.
func (f *folder) compare() (got, want any) {
	switch f.req.View {
	case wire.ViewTop:
		page := f.n.page("b", fmt.Sprintf("?limit=%d&scheme=%s", f.req.N, f.req.Scheme))
		got, want = []any{f.board.Entries, f.board.Total, f.board.Rules}, []any{page.Entries, page.Total, page.Rules}
	case wire.ViewAround, wire.ViewMe:
		got, want = f.board.Entries, []wire.Entry{}
		member, span := f.req.Member, f.req.Span
		if f.req.View == wire.ViewMe {
			member = "m3"
		}
		var page wire.MemberPage
		if status, raw := f.n.call("GET", fmt.Sprintf("/v1/boards/b/members/%s?around=%d", member, span), nil); status == 200 {
			if err := json.Unmarshal(raw, &page); err != nil {
				f.Fatal(err)
			}
			want = page.Entries
		}
	case wire.ViewActivity:
		fresh := &folder{TB: f.TB, n: f.n, req: f.req, dice: f.dice}
		fresh.connect()
		fresh.fold(fresh.s.next())
		got, want = f.acts.Items, fresh.acts.Items
	default:
		var page wire.PresencePage
		f.n.want(200, "GET", "/v1/rooms/r/presence", nil, &page)
		if got, want = []any{f.room.Count, f.room.Users}, []any{page.Count, page.Users}; f.req.Mode == "count" {
			want = []any{page.Count, []wire.User{}}
		}
	}
	return got, want
}

func show(v any) []byte {
	raw, _ := json.Marshal(v)
	return raw
}

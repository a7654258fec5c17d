package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

// boards are where the bots push.
var boards = []string{"alpha", "beta"}

// rests is how long a bot rests after an answer, and with how many events it
// goes on then: a few; the burst, more than one message holds, so that several
// are under way.
func (s *stream) rests(next int) (time.Duration, int) {
	if s.name == "burst" {
		return 350 * ms, 3*wire.MaxBatch + next%7
	}
	return 15 * ms, 1 + next%5
}

// load starts everybody. The func it returns ends the load and waits until the
// last event is answered.
func (w *world) load() (stop func()) {
	w.t.Helper()
	w.makeBoards()
	w.people = w.startPeople()
	w.startWatchers()
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(w.t.Context())
	var bots sync.WaitGroup
	for b, board := range boards {
		for i := range 2 {
			s := w.newStream(board, fmt.Sprintf("bot-%d", i), true)
			c := w.dial(w.entrance(2*b + i))
			bots.Go(func() { w.pushNumbered(ctx, c, s, done) })
		}
		burst := w.newStream(board, "burst", true)
		c := w.dial(w.entrance(b + 1))
		bots.Go(func() { w.pushNumbered(ctx, c, burst, done) })
		racer := w.newStream(board, "racer", true)
		bots.Go(func() { w.pushRacing(ctx, racer, b, done) })
		s, next := w.newStream(board, "casual", false), new(atomic.Int64)
		for i := range 2 {
			bots.Go(func() { w.pushCasual(ctx, s, next, b+i, done) })
		}
	}
	w.began = time.Now()
	return func() {
		w.people.stop()
		close(done)
		ended := make(chan struct{})
		go func() { // ends with the bots, which cancel ends
			bots.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(w.bound):
			w.complain("serve", "%v after everything was healed bots still wait for an answer", w.bound)
			cancel()
			<-ended
		}
		cancel()
	}
}

func (w *world) makeBoards() {
	w.t.Helper()
	c := w.dial(w.entrance(0))
	for _, board := range boards {
		if _, err := c.PutBoard(w.t.Context(), board, wire.Rules{}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) newStream(board, name string, numbered bool) *stream {
	s := &stream{board: board, name: name, numbered: numbered}
	w.streams = append(w.streams, s)
	return s
}

// pushNumbered pushes with the SDK's Source, which sends again what the server
// has forgotten.
func (w *world) pushNumbered(ctx context.Context, c *client.Client, s *stream, done <-chan struct{}) {
	s.kept = true
	src := w.claim(ctx, c, s)
	for next := 0; src != nil; {
		rest, n := s.rests(next)
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
		events := make([]wire.Event, n)
		for i := range events {
			events[i] = s.event(next + i)
		}
		s.sent(next, n)
		results, err := src.Push(ctx, events...)
		for i, r := range results {
			if r.Status != "" {
				w.note(s, next+i, r)
			}
		}
		next += n
		if err != nil {
			if ctx.Err() == nil { // the SDK waits out what passes, and goes back by itself
				w.complain("sdk", "%s/%s at event %d: %v", s.board, s.name, next, err)
			}
			return
		}
		s.rewound(src.Stats().Rewound)
	}
}

// claim claims the source, waiting out what is broken; nil once ctx has ended.
func (w *world) claim(ctx context.Context, c *client.Client, s *stream) *client.Source {
	for ctx.Err() == nil {
		short, cancel := context.WithTimeout(ctx, 2*time.Second)
		src, err := c.Source(short, s.board, s.name)
		cancel()
		if err == nil {
			return src
		}
		time.Sleep(50 * ms)
	}
	return nil
}

func (w *world) note(s *stream, k int, r wire.Result) {
	if wrong := s.answer(k, r); wrong != "" {
		w.complain("ledger", "%s", wrong)
	}
	if w.plan.ack == wire.AckReplica && r.Status != wire.Refused && r.Ack != wire.AckReplica && r.Ack != wire.AckBoth {
		w.complain("ack", "%s/%s: event %d is acknowledged with %q; want replica", s.board, s.name, k, r.Ack)
	}
}

// pushCasual is one of several who push a stream by ids over plain HTTP. Each
// request has a short life; what is not answered for good is sent again, to
// the next entrance.
func (w *world) pushCasual(ctx context.Context, s *stream, next *atomic.Int64, door int, done <-chan struct{}) {
	h := &http.Client{Timeout: 1500 * ms}
	defer h.CloseIdleConnections()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-time.After(15 * ms):
		}
		k := int(next.Add(1)) - 1
		e := s.event(k)
		e.ID = fmt.Sprintf("%s-%d", s.name, k)
		w.insist(ctx, h, s, k, e, &door)
	}
}

// insist sends an event until its fate is known. A gap is returned.
func (w *world) insist(ctx context.Context, h *http.Client, s *stream, k int, e wire.Event, door *int) *wire.Error {
	for ctx.Err() == nil {
		s.sent(k, 1)
		r, err := w.post(ctx, h, w.entrance(*door), s.board, e)
		if err == nil && r.Error != nil && r.Error.Code == wire.Gap {
			return r.Error
		}
		if err == nil && !(r.Error != nil && r.Error.Code.Transient()) {
			w.note(s, k, r)
			return nil
		}
		*door++
		select {
		case <-ctx.Done():
		case <-time.After(30 * ms):
		}
	}
	return nil
}

// pushRacing pushes a source's events over plain HTTP, of each pair the later
// one first, by another entrance, as two nodes do that serve one source: it must
// be a gap, and the earlier one must count all the same. Where the server has
// forgotten, the gap says from where to send again.
func (w *world) pushRacing(ctx context.Context, s *stream, door int, done <-chan struct{}) {
	h := &http.Client{Timeout: 1500 * ms}
	defer h.CloseIdleConnections()
	event := func(k int) wire.Event {
		e := s.event(k)
		e.Source, e.Seq = s.name, uint64(k+1)
		return e
	}
	for k := 0; ctx.Err() == nil; {
		select {
		case <-done:
			if k%2 == 0 {
				return
			}
		case <-time.After(25 * ms):
		}
		if k%2 == 0 {
			s.sent(k, 2)
			r, err := w.post(ctx, h, w.entrance(door+1), s.board, event(k+1))
			if err == nil && r.Status != wire.Refused && !w.mayForget() { // which may know it from before
				w.complain("ledger", "%s/%s: event %d is %s before event %d", s.board, s.name, k+1, r.Status, k)
			}
		}
		if gap := w.insist(ctx, h, s, k, event(k), &door); gap == nil {
			k++
		} else if back := int(gap.Expected) - 1; back < k && w.mayForget() {
			k = max(back, 0)
		} else {
			w.complain("ledger", "%s/%s: event %d, after all before it: %v", s.board, s.name, k, gap)
			return
		}
	}
}

// post sends one event and reads its result.
func (w *world) post(ctx context.Context, h *http.Client, url, board string, e wire.Event) (wire.Result, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return wire.Result{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/boards/"+board+"/events", bytes.NewReader(body))
	if err != nil {
		return wire.Result{}, err
	}
	req.Header.Set("Authorization", "Bearer "+w.admin)
	req.Header.Set("Content-Type", "application/json")
	res, err := h.Do(req)
	if err != nil {
		return wire.Result{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return wire.Result{}, err
	}
	var answer wire.Results
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Results) != 1 {
		return wire.Result{}, fmt.Errorf("%s: %.200s", res.Status, raw)
	}
	return answer.Results[0], nil
}

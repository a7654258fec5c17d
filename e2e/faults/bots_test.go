package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
		case <-time.After(converge + slack):
			w.complain("serve", "%v after everything was healed bots still wait for an answer", converge+slack)
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

// pushNumbered pushes with the SDK's Source. A source whose server has forgotten
// is claimed anew where the SDK does not go back by itself.
func (w *world) pushNumbered(ctx context.Context, c *client.Client, s *stream, done <-chan struct{}) {
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
		var no *wire.Error
		switch {
		case err == nil:
			next += n
		case errors.As(err, &no) && (no.Code == wire.Gap || no.Code == wire.StaleEpoch || no.Code == wire.Fenced):
			if src = w.claim(ctx, c, s); src != nil {
				next = int(src.Last())
				s.rewind(next)
			}
		case ctx.Err() == nil:
			w.complain("serve", "%s/%s at event %d: %v", s.board, s.name, next, err)
			return
		}
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
		body, _ := json.Marshal(e) // an event is JSON
		for ctx.Err() == nil {
			s.sent(k, 1)
			r, err := w.post(ctx, h, w.entrance(door), s.board, body)
			if err == nil && !(r.Error != nil && r.Error.Code.Transient()) {
				w.note(s, k, r)
				break
			}
			door++
			select {
			case <-ctx.Done():
			case <-time.After(30 * ms):
			}
		}
	}
}

// post sends one event and reads its result.
func (w *world) post(ctx context.Context, h *http.Client, url, board string, body []byte) (wire.Result, error) {
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

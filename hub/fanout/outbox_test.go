package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func textFrame(s string) *Frame { return NewFrame([]byte(s)) }

func mustSend(tb testing.TB, o *Outbox, texts ...string) {
	tb.Helper()
	for _, s := range texts {
		if err := o.Send(textFrame(s)); err != nil {
			tb.Fatal(err)
		}
	}
}

func wantTexts(tb testing.TB, got []Item, want ...string) {
	tb.Helper()
	if !slices.Equal(texts(got), want) {
		tb.Errorf("took %q, want %q", texts(got), want)
	}
}

func TestControlKeepsItsOrder(t *testing.T) {
	o := NewOutbox(Limits{})
	sent, taken := 0, 0
	for round := range 200 { // the lane is rarely empty and its memory is reused
		for range round%5 + 1 {
			mustSend(t, o, fmt.Sprint(sent))
			sent++
		}
		for _, it := range o.Take(nil, 8) {
			if got := string(it.Frame.Payload()); got != fmt.Sprint(taken) {
				t.Fatalf("took answer %s, want %d", got, taken)
			}
			taken++
		}
	}
	if taken += len(takeAll(o)); taken != sent {
		t.Errorf("took %d answers of %d", taken, sent)
	}
	if o.control.bytes != 0 || o.control.len() != 0 {
		t.Errorf("an empty lane counts %d bytes, %d frames", o.control.bytes, o.control.len())
	}
}

func TestFullControlLaneIsSlow(t *testing.T) {
	for _, row := range []struct {
		name   string
		limits Limits
		fits   int // frames of 10 bytes
	}{
		{"frames", Limits{ControlFrames: 7}, 7},
		{"bytes", Limits{ControlBytes: 55}, 5},
		{"default", Limits{}, 1024},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := NewOutbox(row.limits)
			f := textFrame("12345678")
			for i := range row.fits {
				if err := o.Send(f); err != nil {
					t.Fatalf("answer %d: %v", i, err)
				}
			}
			if err := o.Send(f); !errors.Is(err, ErrSlow) {
				t.Errorf("one more: %v, want ErrSlow", err)
			}
			takeAll(o)
			if err := o.Send(f); !errors.Is(err, ErrSlow) {
				t.Errorf("after an overflow: %v, want ErrSlow for good", err)
			}
			if _, err := o.Next(t.Context()); !errors.Is(err, ErrSlow) {
				t.Errorf("Next after an overflow: %v, want ErrSlow", err)
			}
		})
	}
}

func TestAnswerOverTheBoundIsTakenAlone(t *testing.T) {
	o := NewOutbox(Limits{ControlBytes: 10})
	if err := o.Send(NewFrame(make([]byte, 100))); err != nil {
		t.Error(err)
	}
	if err := o.Send(textFrame("x")); !errors.Is(err, ErrSlow) {
		t.Errorf("a second one: %v, want ErrSlow", err)
	}
}

func TestTakeStopsAtItsBytes(t *testing.T) {
	o := NewOutbox(Limits{})
	mustSend(t, o, "12345678", "12345678", "12345678") // 10 bytes each
	for _, row := range []struct{ max, want int }{{0, 1}, {11, 2}} {
		if got := o.Take(nil, row.max); len(got) != row.want {
			t.Errorf("%d bytes: took %d frames, want %d", row.max, len(got), row.want)
		}
	}
	kept := o.Take([]Item{{At: "kept"}}, 100)
	if len(kept) != 1 || kept[0].At != "kept" {
		t.Errorf("took %+v of an empty outbox", kept)
	}
}

func TestAnswerGoesBeforeTheFramesItAnnounces(t *testing.T) {
	o, v := NewOutbox(Limits{}), newViewAt(1, 3)
	filler := NewFrame(make([]byte, controlLead)) // one of these gives states their turn
	for range 3 {
		if err := o.Send(filler); err != nil {
			t.Fatal(err)
		}
	}
	mustSend(t, o, "subscribed")
	v.Attach(o, "")
	if err := o.Latest("me", textFrame("mine")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := o.Send(filler); err != nil {
			t.Fatal(err)
		}
	}
	got := texts(takeAll(o))
	ok := slices.Index(got, "subscribed")
	if ok < 0 || slices.Index(got, "S 3") < ok || slices.Index(got, "mine") < ok {
		t.Errorf("answer at %d, snapshot at %d, own value at %d", ok, slices.Index(got, "S 3"), slices.Index(got, "mine"))
	}
}

func TestFloodOfAnswersDoesNotStarveStates(t *testing.T) {
	o, v := NewOutbox(Limits{}), newViewAt(1, 1)
	v.Attach(o, at(1))
	answer := NewFrame(make([]byte, 1000))
	answers, states, slots := 0, 0, 0
	for n := 2; n <= 200; n++ {
		for o.control.len() < 64 {
			if err := o.Send(answer); err != nil {
				t.Fatal(err)
			}
		}
		v.Publish(stateOf(n))
		if err := o.Latest("me", textFrame("me")); err != nil {
			t.Fatal(err)
		}
		for _, it := range o.Take(nil, 4000) {
			switch {
			case it.View != nil:
				states++
			case it.Frame == answer:
				answers++
			default:
				slots++
			}
		}
	}
	if turns := answers / 10; states < turns || slots < turns { // controlLead is 8 of these answers
		t.Errorf("%d answers, but %d states and %d own values", answers, states, slots)
	}
	if answers < 400 {
		t.Errorf("only %d answers", answers)
	}
}

func TestFloodOfStatesDoesNotStarveAnswers(t *testing.T) {
	o := NewOutbox(Limits{})
	views := make([]*View, 20)
	for i := range views {
		views[i] = newViewAt(1, 1)
		views[i].Attach(o, at(1))
	}
	for n := 2; n < 100; n++ {
		for _, v := range views {
			v.Publish(State{At: at(n), Snapshot: func() *Frame { return snapshotOf(n, 5000) }})
		}
		mustSend(t, o, "answer")
		if got := o.Take(nil, 1); short(got[0].Frame.Payload()) != "answer" {
			t.Fatalf("round %d: a state went before the answer", n)
		}
		o.Take(nil, 20000)
	}
}

func TestViewsTakeTurns(t *testing.T) {
	o := NewOutbox(Limits{})
	a, b, c := newViewAt(1, 5), newViewAt(1, 5), newViewAt(1, 5)
	for _, v := range []*View{a, b, c} {
		v.Attach(o, at(3))
	}
	var order []*View
	for range 6 {
		order = append(order, o.Take(nil, 1)[0].View)
	}
	if want := []*View{a, b, c, a, b, c}; !slices.Equal(order, want) {
		t.Error("one view sent twice before another sent once")
	}
}

func TestLatestOverwritesTheUnsent(t *testing.T) {
	o := NewOutbox(Limits{Slots: 2})
	latest := func(key, text string) error { return o.Latest(key, textFrame(text)) }
	for _, text := range []string{"1", "2", "3"} {
		if err := errors.Join(latest("me", "me "+text), latest("around", "around "+text)); err != nil {
			t.Fatal(err)
		}
	}
	wantTexts(t, takeAll(o), "me 3", "around 3")
	if err := errors.Join(latest("me", "me 4"), latest("around", "around 4")); err != nil {
		t.Fatal(err)
	}
	o.Forget("me")
	o.Forget("me")
	wantTexts(t, takeAll(o), "around 4")
	if err := latest("new", "new 1"); err != nil {
		t.Errorf("a key in place of a forgotten one: %v", err)
	}
	if err := latest("third", ""); !errors.Is(err, ErrSlow) {
		t.Errorf("a key too many: %v, want ErrSlow", err)
	}
}

func TestDetachedGivesNothing(t *testing.T) {
	o, v := NewOutbox(Limits{}), newViewAt(1, 3)
	v.Attach(o, "").Detach()
	wantTexts(t, takeAll(o))

	var c *Cursor
	v.Publish(State{At: "9", Snapshot: func() *Frame {
		c.Detach() // meanwhile another goroutine unsubscribed
		return snapshotOf(9, 0)
	}})
	c = v.Attach(o, "")
	other := newViewAt(1, 1)
	other.Attach(o, "")
	wantTexts(t, takeAll(o), "S 1")
}

func TestClosedTakesAndGivesNothing(t *testing.T) {
	o, v := NewOutbox(Limits{}), newViewAt(1, 3)
	mustSend(t, o, "answer")
	v.Attach(o, "")
	o.Close()
	o.Close()
	wantTexts(t, takeAll(o))
	for name, err := range map[string]error{
		"Send":   o.Send(textFrame("x")),
		"Latest": o.Latest("k", textFrame("x")),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	if _, err := o.Next(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Next: %v, want ErrClosed", err)
	}
}

func TestNextWaitsForAStateAndTellsItsAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, v := NewOutbox(Limits{}), NewView()
		v.Attach(o, "")
		go func() {
			time.Sleep(time.Minute)
			v.Publish(stateOf(1))
		}()
		it, err := o.Next(t.Context())
		if err != nil || it.At != "1" || it.View != v || short(it.Frame.Payload()) != "S 1" {
			t.Errorf("got %+v, %v; want the snapshot at 1", it, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := o.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
	})
}

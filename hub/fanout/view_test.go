package fanout

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

func TestAttachResumes(t *testing.T) {
	last := ringFrames + 8 // the ring holds the deltas onto 8 and later
	tests := []struct {
		name string
		at   string
		want []string
	}{
		{"newest: nothing", at(last), nil},
		{"in the ring: the deltas after it", at(last - 2), []string{
			fmt.Sprintf("D %d %d", last-2, last-1), fmt.Sprintf("D %d %d", last-1, last),
		}},
		{"fallen out: newest snapshot", at(7), []string{fmt.Sprintf("S %d", last)}},
		{"unknown: newest snapshot", "other", []string{fmt.Sprintf("S %d", last)}},
		{"none: newest snapshot", "", []string{fmt.Sprintf("S %d", last)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, out := newViewAt(1, last), NewOutbox(Limits{})
			v.Attach(out, tt.at)
			if got := texts(takeAll(out)); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			v.Publish(stateOf(last + 1))
			tail := []string{fmt.Sprintf("D %d %d", last, last+1)}
			if got := texts(takeAll(out)); !slices.Equal(got, tail) {
				t.Errorf("then got %q, want %q", got, tail)
			}
		})
	}
}

func TestRingReachesBack32Deltas(t *testing.T) {
	v := newViewAt(1, 50)
	for n := 1; n <= 50; n++ {
		_, ok := v.ring.behind(at(n))
		if want := n >= 50-ringFrames; ok != want {
			t.Errorf("state %d in the ring: %v, want %v", n, ok, want)
		}
	}
}

func TestAttachBeforeFirstState(t *testing.T) {
	for _, row := range []struct {
		at   string
		want []string
	}{
		{"", []string{"S 5", "D 5 6"}},
		{"5", []string{"D 5 6"}},
		{"4", []string{"S 5", "D 5 6"}},
	} {
		v, out := NewView(), NewOutbox(Limits{})
		v.Attach(out, row.at)
		if got := takeAll(out); got != nil {
			t.Errorf("at %q: got %q of a view without a state", row.at, texts(got))
		}
		v.Publish(stateOf(5))
		got := texts(takeAll(out))
		v.Publish(stateOf(6))
		if got = append(got, texts(takeAll(out))...); !slices.Equal(got, row.want) {
			t.Errorf("at %q: got %q, want %q", row.at, got, row.want)
		}
	}
}

func TestDeltaOnlyOntoItsPredecessor(t *testing.T) {
	v, out := newViewAt(1, 3), NewOutbox(Limits{})
	v.Attach(out, at(3))
	broken := stateOf(9)
	v.Publish(broken) // from 8, but the view was at 3
	v.Publish(stateOf(10))
	if got, want := texts(takeAll(out)), []string{"S 10"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	resumed := NewOutbox(Limits{})
	v.Attach(resumed, at(2)) // from before the break
	if got, want := texts(takeAll(resumed)), []string{"S 10"}; !slices.Equal(got, want) {
		t.Errorf("resume across the break: got %q, want %q", got, want)
	}
}

func TestStateWithoutDeltaIsASnapshot(t *testing.T) {
	v, out := newViewAt(1, 3), NewOutbox(Limits{})
	v.Attach(out, at(3))
	s := stateOf(4)
	s.From, s.Delta = "", nil
	v.Publish(s)
	got := takeAll(out)
	if want := []string{"S 4"}; !slices.Equal(texts(got), want) {
		t.Fatalf("got %q, want %q", texts(got), want)
	}
	if it := got[0]; it.At != "4" || it.View != v || it.Conflated {
		t.Errorf("got %+v; one step is no conflation", it)
	}
}

func TestBehindTheRingGetsNewestSnapshot(t *testing.T) {
	v, out := newViewAt(1, 1), NewOutbox(Limits{})
	v.Attach(out, at(1))
	for n := 2; n <= 2+ringFrames; n++ {
		v.Publish(stateOf(n))
	}
	got := takeAll(out)
	if want := []string{fmt.Sprintf("S %d", 2+ringFrames)}; !slices.Equal(texts(got), want) {
		t.Fatalf("got %q, want %q", texts(got), want)
	}
	if !got[0].Conflated {
		t.Error("the snapshot is not marked as a conflation")
	}
}

func TestDeltasDearerThanTheSnapshotAreNotSent(t *testing.T) {
	v, out := newViewAt(1, 1), NewOutbox(Limits{})
	v.Attach(out, "")
	takeAll(out) // "S 1": about 200 bytes, and now known
	publish := func(n int) {
		s := stateOf(n)
		s.Delta = deltaOf(n-1, n, 80)
		v.Publish(s)
	}
	publish(2)
	publish(3)
	if got, want := texts(takeAll(out)), []string{"D 1 2", "D 2 3"}; !slices.Equal(got, want) {
		t.Errorf("two cheap deltas: got %q, want %q", got, want)
	}
	publish(4)
	publish(5)
	publish(6)
	if got, want := texts(takeAll(out)), []string{"S 6"}; !slices.Equal(got, want) {
		t.Errorf("three deltas over the snapshot's size: got %q, want %q", got, want)
	}
}

func TestRingBoundedByBytes(t *testing.T) {
	v := NewView()
	for n := 1; n <= 20; n++ {
		s := stateOf(n)
		s.Delta = deltaOf(n-1, n, ringBytes/4)
		v.Publish(s)
		if v.ring.bytes > ringBytes || v.ring.bytes != totalBytes(v.ring.deltas) {
			t.Fatalf("ring holds %d bytes by its count, %d in truth", v.ring.bytes, totalBytes(v.ring.deltas))
		}
	}
	if got := len(v.ring.deltas); got != 3 {
		t.Errorf("ring holds %d deltas of just over a quarter of its bytes, want 3", got)
	}
}

func TestSnapshotEncodedOnceForAll(t *testing.T) {
	v := NewView()
	var outs []*Outbox
	for range 100 {
		out := NewOutbox(Limits{})
		v.Attach(out, "")
		outs = append(outs, out)
	}
	encoded := 0
	v.Publish(State{At: "1", Snapshot: func() *Frame { encoded++; return snapshotOf(1, 0) }})
	if encoded != 0 {
		t.Error("encoded before anyone took it")
	}
	frames := map[*Frame]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, out := range outs {
		wg.Go(func() {
			got := takeAll(out)
			mu.Lock()
			defer mu.Unlock()
			for _, it := range got {
				frames[it.Frame]++
			}
		})
	}
	wg.Wait()
	if encoded != 1 || len(frames) != 1 {
		t.Errorf("encoded %d times into %d frames, want 1 shared by all", encoded, len(frames))
	}
	for _, n := range frames {
		if n != len(outs) {
			t.Errorf("%d sessions got it, want %d", n, len(outs))
		}
	}
}

func TestSnapshotThatFailsWaitsForTheNextState(t *testing.T) {
	v, out := NewView(), NewOutbox(Limits{})
	v.Attach(out, "")
	v.Publish(State{At: "1", Snapshot: func() *Frame { return nil }})
	if got := takeAll(out); got != nil {
		t.Fatalf("got %q of a state that cannot be encoded", texts(got))
	}
	v.Publish(stateOf(2)) // its delta builds on a state nobody was sent
	if got, want := texts(takeAll(out)), []string{"S 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	v.Publish(State{At: "3"})
	if got := takeAll(out); got != nil {
		t.Errorf("got %q of a state without a snapshot", texts(got))
	}
}

func TestPublishingTheNewestAgainChangesNothing(t *testing.T) {
	v, out := newViewAt(1, 3), NewOutbox(Limits{})
	v.Attach(out, at(2))
	v.Publish(stateOf(3))
	if got, want := texts(takeAll(out)), []string{"D 2 3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := v.Current(); got != "3" {
		t.Errorf("current = %q, want 3", got)
	}
}

func TestSubscribersCountsAttached(t *testing.T) {
	v := newViewAt(1, 1)
	var cursors []*Cursor
	out := NewOutbox(Limits{})
	for range 5 {
		cursors = append(cursors, v.Attach(out, ""))
	}
	cursors[1].Detach()
	cursors[1].Detach()
	cursors[4].Detach()
	if got := v.Subscribers(); got != 3 {
		t.Errorf("subscribers = %d, want 3", got)
	}
	out.Close()
	cursors[0].Detach()
	if v.Attach(out, ""); v.Subscribers() != 0 {
		t.Errorf("subscribers of a closed outbox = %d, want 0", v.Subscribers())
	}
}

func TestEverySessionEndsAtTheNewest(t *testing.T) {
	const states, takers = 2000, 8
	v := NewView()
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 1; n <= states; n++ {
			v.Publish(stateOf(n))
		}
	})
	for i := range takers {
		wg.Go(func() {
			out, seen := NewOutbox(Limits{}), fold{}
			cur := v.Attach(out, "")
			for rounds := 0; seen.at < states; rounds++ {
				<-out.Wake()
				for _, it := range takeAll(out) {
					if err := seen.apply(it.Frame.Payload()); err != nil {
						t.Error(err)
						return
					}
					if it.At != at(seen.at) {
						t.Errorf("item says at %s, its frame %d", it.At, seen.at)
					}
				}
				if rounds%7 == i && seen.at < states {
					cur.Detach()
					cur = v.Attach(out, at(seen.at))
				}
			}
			cur.Detach()
		})
	}
	wg.Wait()
	if got := v.Subscribers(); got != 0 {
		t.Errorf("%d subscribers left", got)
	}
}

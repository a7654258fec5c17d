package redisroster

import (
	"strings"
	"testing"
	"time"

	"rollcall/presence"
	"rollcall/redisconn/redistest"
)

func TestBadNamesAreRefused(t *testing.T) {
	b := newBench(t, Config{})
	long := strings.Repeat("x", 129)
	for _, c := range []struct{ field, node, room, user, name string }{
		{"node", "", "r", "u", ""},
		{"node", "n\x1fn", "r", "u", ""},
		{"node", long, "r", "u", ""},
		{"room", "n", "", "u", ""},
		{"room", "n", "r\x1fr", "u", ""},
		{"room", "n", "r r", "u", ""},
		{"room", "n", long[:65], "u", ""},
		{"user", "n", "r", "", ""},
		{"user", "n", "r", "u\x1fn", ""},
		{"user", "n", "r", "u\n", ""},
		{"user", "n", "r", "u\u0085", ""},
		{"user", "n", "r", "\xff", ""},
		{"user", "n", "r", long, ""},
		{"name", "n", "r", "u", strings.Repeat("x", 257)},
	} {
		p := at(c.room, c.user)
		joins := []presence.Join{{Place: at("ok", "ok")}, {Place: p, Meta: presence.Meta{Name: c.name}}}
		_, err := b.Join(t.Context(), c.node, joins)
		wantRefused(t, "join", c.field, err)
		if c.field == "name" {
			continue
		}
		_, err = b.Leave(t.Context(), c.node, []presence.Place{p})
		wantRefused(t, "leave", c.field, err)
		_, err = b.Refresh(t.Context(), c.node, []presence.Place{p})
		wantRefused(t, "refresh", c.field, err)
	}
	if n := b.page("ok").Count; n != 0 {
		t.Errorf("%d users of refused calls are there", n)
	}
	_, err := b.Page(t.Context(), "r r", "", 1)
	wantRefused(t, "page", "room", err)
	_, err = b.Counts(t.Context(), []string{"r", ""})
	wantRefused(t, "counts", "room", err)
	_, err = b.User(t.Context(), "\x00")
	wantRefused(t, "user", "user", err)
}

func wantRefused(tb testing.TB, call, field string, err error) {
	tb.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), field) || !strings.Contains(err.Error(), "must be") {
		tb.Errorf("%s: %v, want what %s must be", call, err, field)
	}
}

func TestLongestNamesAreTaken(t *testing.T) {
	b := newBench(t, Config{})
	j := presence.Join{
		Place: at(strings.Repeat("r", 64), strings.Repeat("é", 64)),
		Meta:  presence.Meta{Name: strings.Repeat("\n\x00 9", 64), Away: true},
	}
	b.join(strings.Repeat("n", 64), j)
	page := b.page(j.Room)
	if len(page.Users) != 1 || page.Users[0].User != j.User || page.Users[0].Meta != j.Meta {
		t.Errorf("page %+v, want %+v", page, j)
	}
	if left := b.leave(strings.Repeat("n", 64), j.Place); len(left) != 1 || left[0].Meta != j.Meta {
		t.Errorf("left %+v, want %+v", left, j)
	}
}

// FuzzHolderNamesOnePlace: two holders have one name only if they are one.
func FuzzHolderNamesOnePlace(f *testing.F) {
	f.Add("r", "u", "n", "r", "u n", "n")
	f.Add("r", "u", "n", "r", "u\x1fn", "n")
	f.Fuzz(func(t *testing.T, room, user, node, room2, user2, node2 string) {
		p, q := at(room, user), at(room2, user2)
		if checkHolders(node, []presence.Place{p}) != nil || checkHolders(node2, []presence.Place{q}) != nil {
			t.Skip()
		}
		if same := p == q && node == node2; (holderOf(p, node) == holderOf(q, node2)) != same {
			t.Errorf("%q and %q are one: %v, their holders: %v", p, q, same, !same)
		}
		if (fieldOf(p) == fieldOf(q)) != (p == q) || placeOf(fieldOf(p)) != p {
			t.Errorf("field %q of %q", fieldOf(p), p)
		}
	})
}

func TestSeenIsCapped(t *testing.T) {
	b := newBench(t, Config{SeenMax: 10})
	for i := range 25 {
		p := at("r", string(rune('a'+i)))
		b.join("n1", presence.Join{Place: p})
		b.leave("n1", p)
		b.clock.Move(time.Second)
	}
	b.sweep()
	got := partition{t, b.Roster, b.part("r")}.members("seen")
	if strings.Join(got, "") != "pqrstuvwxy" {
		t.Errorf("remembers %q, want the last ten", got)
	}
}

func TestGateLetsOneNodeSweep(t *testing.T) {
	b := newBench(t, Config{SweepGate: time.Second, SweepGap: time.Hour, SweepLimit: 64})
	places, joins := halls(300)
	b.sweep()
	b.join("n1", joins...)
	b.clock.Move(time.Minute)
	b.leave("n1", places[0])
	total := 1
	for range 300 {
		made := b.sweep()
		if len(made) > 64 {
			t.Fatalf("a sweep removed %d, want at most 64", len(made))
		}
		if total += len(made); len(made) == 0 {
			break
		}
	}
	if total != 300 {
		t.Fatalf("%d left, want all 300: the gate is open while there is more", total)
	}
	b.join("n1", joins[0])
	b.clock.Move(time.Minute)
	if n := len(b.sweep()); n != 1 {
		t.Fatalf("%d left after the gate, want 1", n)
	}
	b.clock.Move(-30 * time.Second)
	b.join("n1", joins[0]) // beat of long ago once the clock is back
	b.clock.Move(30*time.Second + 999*time.Millisecond)
	if n := len(b.sweep()); n != 0 {
		t.Fatalf("%d left within the gate, want 0", n)
	}
	b.clock.Move(time.Millisecond)
	if n := len(b.sweep()); n != 1 {
		t.Fatalf("%d left when the gate opened, want 1", n)
	}
}

func TestObserveHearsOfEveryScript(t *testing.T) {
	heard := map[string]int{}
	r := New(newClients(t, redistest.Start(t)), Config{Observe: func(script string, took time.Duration) {
		if took <= 0 {
			t.Errorf("%s took %v", script, took)
		}
		heard[script]++
	}})
	b := &bench{TB: t, Roster: r}
	p := at("r", "u")
	b.join("n1", presence.Join{Place: p})
	b.refresh("n1", p)
	b.sweep()
	b.page("r")
	must[presence.UserState](t)(b.User(t.Context(), "u"))
	must[[]presence.RoomCount](t)(b.Rooms(t.Context()))
	must[[]presence.Transition](t)(b.SetMeta(t.Context(), []presence.Join{{Place: p}}))
	if err := r.Part(t.Context(), "n1", []presence.Place{p}); err != nil {
		t.Fatal(err)
	}
	b.leave("n1", p)
	for _, s := range standard.all() {
		if heard[s.name] != 1 {
			t.Errorf("heard %d times of %s, want once", heard[s.name], s.name)
		}
	}
}

// TestRedisClock runs without a clock of its own.
func TestRedisClock(t *testing.T) {
	b := &bench{TB: t, Roster: New(newClients(t, redistest.Start(t)), Config{})}
	before := time.Now().Add(-time.Minute)
	tr := b.join("n1", presence.Join{Place: at("r", "u")})[0]
	if tr.Since.Before(before) || tr.Since.After(time.Now().Add(time.Minute)) || tr.Version != uint64(tr.Since.UnixMicro()) {
		t.Errorf("%+v, want now", tr)
	}
	b.sweep()
	if page := b.page("r"); !page.Settling || page.Count != 1 {
		t.Errorf("%+v, want one user and settling, as the first sweep was now", page)
	}
	if u := must[presence.UserState](t)(b.User(t.Context(), "u")); !u.Online || u.LastSeen.IsZero() {
		t.Errorf("%+v, want online and seen", u)
	}
}

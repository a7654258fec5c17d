package presence_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rollcall/presence"
)

// online makes users who came at the given second.
func online(since int64, names ...string) []presence.Online {
	users := make([]presence.Online, len(names))
	for i, name := range names {
		users[i] = presence.Online{User: name, Since: time.Unix(since, 0)}
	}
	return users
}

// moved makes a transition from version prev to version.
func moved(kind presence.Kind, user string, prev, version uint64, count int) presence.Transition {
	return presence.Transition{Place: at("r", user), Kind: kind, Prev: prev, Version: version, Count: count, Since: time.Unix(int64(version), 0)}
}

func replicaOf(limit int, p presence.Page) *presence.Replica {
	r := presence.NewReplica(limit)
	r.Ask()
	r.Reset(p)
	return r
}

func wantPage(t testing.TB, r *presence.Replica, want presence.Page) {
	t.Helper()
	if got := r.Page(); got.Version != want.Version || got.Count != want.Count || got.Next != want.Next ||
		got.Settling != want.Settling || !slices.Equal(got.Users, want.Users) {
		t.Fatalf("%+v, want %+v", got, want)
	}
}

func TestReplicaKnowsNothingBeforeThePage(t *testing.T) {
	r := presence.NewReplica(10)
	r.Hear(moved(presence.Joined, "ann", 0, 5, 1))
	r.Hear(moved(presence.Joined, "bob", 5, 6, 2))
	if r.Fold() {
		t.Error("whole without a page")
	}
	wantPage(t, r, presence.Page{})
	r.Ask()
	r.Hear(moved(presence.Joined, "cyd", 6, 7, 3))
	r.Reset(presence.Page{Version: 5, Count: 1, Users: online(5, "ann")}) // bob was heard before, so this roster lost him
	if r.Fold() {
		t.Error("whole although cyd follows what is not there")
	}
	wantPage(t, r, presence.Page{Version: 5, Count: 1, Users: online(5, "ann")})
}

func TestReplicaMissesWhoseCountDoesNotAdd(t *testing.T) {
	r := replicaOf(10, presence.Page{Version: 5, Count: 1, Users: online(5, "ann")})
	r.Hear(moved(presence.Joined, "bob", 5, 6, 3))
	if r.Fold() {
		t.Error("whole with 2 users, and the roster counts 3")
	}
}

func TestReplicaHearsABoundedNumber(t *testing.T) {
	r := replicaOf(10, presence.Page{})
	for v := range uint64(4096) {
		r.Hear(moved(presence.Changed, "ann", v+1, v+2, 1)) // the first, 0 to 1, is missing
	}
	if r.Fold() {
		t.Fatal("whole without the first")
	}
	r.Hear(moved(presence.Changed, "ann", 4097, 4098, 1)) // one too many: all are dropped
	r.Hear(moved(presence.Joined, "ann", 0, 1, 1))
	if r.Fold() || r.Version() != 1 {
		t.Errorf("version %d, want 1: the rest dropped, and said so", r.Version())
	}
	r.Ask()
	r.Reset(presence.Page{Version: 4098, Count: 1, Users: online(1, "ann")})
	if !r.Fold() {
		t.Error("not whole after a page")
	}
}

func TestReplicaThatOverflowsDuringAReadIsReadAgain(t *testing.T) {
	r := replicaOf(10, presence.Page{})
	r.Ask()
	for v := range uint64(5000) {
		r.Hear(moved(presence.Changed, "ann", v+1, v+2, 1))
	}
	r.Reset(presence.Page{Version: 1, Count: 1, Users: online(1, "ann")})
	if r.Fold() {
		t.Error("whole, and the transitions after the page were dropped")
	}
}

func TestReplicaOfALargeRoomKnowsTheFirst(t *testing.T) {
	r := replicaOf(3, presence.Page{Version: 5, Count: 3, Users: online(1, "b", "d", "f")})
	r.Hear(moved(presence.Joined, "a", 5, 6, 4))
	r.Fold()
	wantPage(t, r, presence.Page{Version: 6, Count: 4, Users: append(online(6, "a"), online(1, "b", "d")...), Next: "d"})
	r.Hear(moved(presence.Joined, "z", 6, 7, 5)) // beyond what is known: counted
	r.Hear(moved(presence.Left, "a", 7, 8, 4))
	r.Hear(moved(presence.Left, "d", 8, 9, 3))
	if !r.Fold() {
		t.Error("not whole")
	}
	wantPage(t, r, presence.Page{Version: 9, Count: 3, Users: online(1, "b"), Next: "d"})
	if r.Holds(3) || !r.Holds(1) {
		t.Error("it knows one user of three")
	}
	r.Hear(moved(presence.Left, "z", 9, 10, 2))
	r.Hear(moved(presence.Left, "f", 10, 11, 1))
	r.Fold()
	wantPage(t, r, presence.Page{Version: 11, Count: 1, Users: online(1, "b")}) // who is left is known
	if !r.Holds(3) {
		t.Error("it knows everyone")
	}
}

func TestReplicaLosesNobodyWhileTheRosterSettles(t *testing.T) {
	r := replicaOf(10, presence.Page{Version: 5, Count: 3, Users: online(1, "ann", "bob", "cyd")})
	r.Ask()
	r.Reset(presence.Page{Version: 100, Count: 2, Users: online(99, "bob", "dan"), Settling: true})
	all := append(online(1, "ann", "bob", "cyd"), online(99, "dan")...)
	wantPage(t, r, presence.Page{Version: 100, Count: 4, Users: all, Settling: true})

	r.Hear(moved(presence.Joined, "ann", 100, 101, 3)) // put back: no news
	if !r.Fold() {
		t.Error("not whole")
	}
	wantPage(t, r, presence.Page{Version: 101, Count: 4, Users: all, Settling: true})

	r.Hear(moved(presence.Left, "bob", 101, 102, 2)) // he says so
	r.Fold()
	wantPage(t, r, presence.Page{Version: 102, Count: 3, Users: slices.Delete(slices.Clone(all), 1, 2), Settling: true})

	r.Ask()
	r.Reset(presence.Page{Version: 102, Count: 2, Users: online(99, "ann", "dan")})
	wantPage(t, r, presence.Page{Version: 102, Count: 2, Users: online(99, "ann", "dan")})
}

func TestWhoWasHeardToLeaveIsGoneFromASettlingPage(t *testing.T) {
	r := replicaOf(10, presence.Page{Version: 5, Count: 3, Users: online(1, "ann", "bob", "cyd")})
	r.Hear(moved(presence.Left, "ann", 98, 99, 0))
	r.Hear(moved(presence.Left, "bob", 99, 100, 0)) // and came back after
	if r.Fold() {
		t.Fatal("whole over a hole")
	}
	r.Ask()
	r.Reset(presence.Page{Version: 101, Count: 1, Users: online(101, "bob"), Settling: true})
	wantPage(t, r, presence.Page{Version: 101, Count: 2, Users: append(online(101, "bob"), online(1, "cyd")...), Settling: true})
}

func TestCountOfALargeRoomDoesNotDropWhileTheRosterSettles(t *testing.T) {
	var names []string
	for i := range 10 {
		names = append(names, fmt.Sprint("u", i))
	}
	r := replicaOf(10, presence.Page{Version: 5, Count: 500, Users: online(1, names...), Next: "u9"})
	r.Ask()
	r.Reset(presence.Page{Version: 100, Count: 2, Users: online(99, "u3", "z"), Settling: true})
	r.Hear(moved(presence.Left, "y", 100, 101, 1))
	r.Hear(moved(presence.Joined, "x", 101, 102, 3))
	if !r.Fold() {
		t.Error("not whole")
	}
	wantPage(t, r, presence.Page{Version: 102, Count: 500, Users: online(1, names...), Next: "u9", Settling: true})
}

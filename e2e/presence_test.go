package e2e_test

import (
	"fmt"
	"iter"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// quick are thresholds that a test can wait for; those that come back do so in
// a fraction of them.
var quick = []string{
	"--ping", "500ms", "--read-deadline", "2s", "--grace-going", "300ms", "--grace-broken", "1s",
	"--refresh", "500ms", "--threshold", "4s", "--sweep", "100ms",
}

// TestRestartFlapsNobody: whoever comes back was never gone, and whoever does
// not leaves once.
func TestRestartFlapsNobody(t *testing.T) {
	t.Run("SIGTERM", func(t *testing.T) {
		t.Parallel()
		testRestart(t, func(h *hall) { h.hub.Stop() })
	})
	t.Run("kill -9", func(t *testing.T) {
		t.Parallel()
		testRestart(t, func(h *hall) {
			// A join is journaled soon, not at once: what the kill must not
			// lose is what a stop has left.
			h.hub.Stop()
			h.hub.Restart()
			h.wantJoined()
			h.hub.Kill()
		})
	})
}

func testRestart(t *testing.T, end func(*hall)) {
	hub := harness.Start(t, quick...)
	hall := &hall{TB: t, hub: hub, members: map[string]*client.Client{}}
	for i := range 8 {
		hall.enter(fmt.Sprintf("user-%d", i))
	}
	hall.enter("lost")
	watcher := hub.Dial()
	next, stop := iter.Pull2(watcher.WatchRoom(bounded(t), "hall", client.RoomOptions{}))
	defer stop()
	before := await(t, next, func(s client.RoomState) bool { return s.Count == len(hall.members) })

	end(hall)
	cut := time.Now()
	hall.lose("lost")
	hub.Restart()
	hall.wantJoined()

	// Every state from here on has everybody, until the one who stayed away
	// leaves; and then the next to move is a newcomer.
	after := await(t, next, func(s client.RoomState) bool {
		if s.Count == before.Count && s.Version != before.Version {
			t.Errorf("version %d became %d: somebody left or joined", before.Version, s.Version)
		}
		return s.Count != before.Count
	})
	wantAllBut(t, after, before, "lost")
	wantLastSeen(t, watcher.API, "lost", cut)
	hall.enter("a-late-one")
	last := await(t, next, func(s client.RoomState) bool { return s.Version != after.Version })
	if last.Count != before.Count || last.Users[0].User != "a-late-one" {
		t.Errorf("after the one leave came %+v, want the newcomer's join", last)
	}
}

// hall is a room and who is in it.
type hall struct {
	testing.TB
	hub     *harness.Hub
	members map[string]*client.Client
}

// enter connects a user and joins the room.
func (h *hall) enter(user string) {
	h.Helper()
	c := h.hub.Dial(client.Name(user))
	h.members[user] = c
	if err := c.Join(bounded(h), "hall"); err != nil {
		h.Fatal(err)
	}
}

// wantJoined waits until the hub that runs now has every member in the room.
func (h *hall) wantJoined() {
	h.Helper()
	for _, c := range h.members {
		if err := c.Join(bounded(h), "hall"); err != nil {
			h.Fatal(err)
		}
	}
}

// lose closes a user's client while no hub is there to hear it.
func (h *hall) lose(user string) {
	_ = h.members[user].Close()
	delete(h.members, user)
}

// wantAllBut checks that the state holds the users of another, each online
// since the same moment, but one.
func wantAllBut(t *testing.T, got, before client.RoomState, missing string) {
	t.Helper()
	since := map[string]int64{}
	for _, u := range got.Users {
		since[u.User] = u.Since
	}
	if got.Count != before.Count-1 || len(since) != got.Count {
		t.Errorf("%d of %d users, %d listed", got.Count, before.Count, len(since))
	}
	for _, u := range before.Users {
		at, here := since[u.User]
		switch {
		case u.User == missing:
			if here {
				t.Errorf("%s is still there", missing)
			}
		case at != u.Since:
			t.Errorf("%s is online since %d, was since %d", u.User, at, u.Since)
		}
	}
}

// wantLastSeen checks that a user is offline and was last seen at the cut, to
// the minute.
func wantLastSeen(t *testing.T, api *client.API, user string, cut time.Time) {
	t.Helper()
	state, err := api.User(bounded(t), user)
	if err != nil {
		t.Fatal(err)
	}
	seen := time.UnixMilli(state.LastSeen)
	if state.Online || len(state.Rooms) != 0 || seen.After(cut) || cut.Sub(seen) > 2*time.Minute {
		t.Errorf("%+v, want offline and last seen just before %v", wire.UserState(state), cut)
	}
}

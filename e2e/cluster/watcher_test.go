package cluster_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/client"
)

// watcher notes everything that a view of a room has shown.
type watcher struct {
	t    *testing.T
	name string

	mu       sync.Mutex
	now      client.RoomState     // guarded by mu
	begun    bool                 // guarded by mu
	seen     map[string][]string  // by user: join, leave …; guarded by mu
	leftAt   map[string]time.Time // guarded by mu
	degraded int                  // states that said so; guarded by mu
}

// watch notes a room as the client's node shows it, until the test ends.
func watch(t *testing.T, name string, c *client.Client, room string) *watcher {
	t.Helper()
	w := &watcher{t: t, name: name, seen: map[string][]string{}, leftAt: map[string]time.Time{}}
	ctx := t.Context()
	go func() { // ends with the client, which is closed with the test
		for s, err := range c.WatchRoom(ctx, room, client.RoomOptions{}) {
			if err != nil {
				return
			}
			w.note(s)
		}
	}()
	w.until("a first state", func(s client.RoomState) bool { return true })
	return w
}

// note compares a state with the one before. The users of a page are not all:
// of those, the count and the version tell.
func (w *watcher) note(s client.RoomState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, now := users(w.now), users(s)
	if w.begun && w.now.Mode == s.Mode && s.Count == len(s.Users) {
		for _, u := range slices.Sorted(maps.Keys(now)) {
			if !before[u] {
				w.seen[u] = append(w.seen[u], "join")
			}
		}
		for _, u := range slices.Sorted(maps.Keys(before)) {
			if !now[u] {
				w.seen[u] = append(w.seen[u], "leave")
				w.leftAt[u] = time.Now()
			}
		}
	}
	if s.Degraded {
		w.degraded++
	}
	w.now, w.begun = s, true
}

func users(s client.RoomState) map[string]bool {
	all := map[string]bool{}
	for _, u := range s.Users {
		all[u.User] = true
	}
	return all
}

// state is what the room looks like now.
func (w *watcher) state() client.RoomState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// until waits for a state.
func (w *watcher) until(what string, fits func(client.RoomState) bool) client.RoomState {
	w.t.Helper()
	until(w.t, patience, func() string {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.begun && fits(w.now) {
			return ""
		}
		s := w.now
		if len(s.Users) > 30 {
			s.Users = s.Users[:30]
		}
		return fmt.Sprintf("watcher %s waits for %s; it sees %+v", w.name, what, s)
	})
	return w.state()
}

// shows waits until the user is seen, or is not.
func (w *watcher) shows(user string, here bool) {
	w.t.Helper()
	w.until(fmt.Sprintf("%s: %v", user, here), func(s client.RoomState) bool { return users(s)[user] == here })
}

// want checks all that was seen of a user.
func (w *watcher) want(user string, events ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if got := w.seen[user]; !slices.Equal(got, events) {
		w.t.Errorf("watcher %s saw of %s: %s; want %s", w.name, user, strings.Join(got, ", "), strings.Join(events, ", "))
	}
}

// wantNoLeave checks that nobody was seen to leave.
func (w *watcher) wantNoLeave() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, user := range slices.Sorted(maps.Keys(w.seen)) {
		if slices.Contains(w.seen[user], "leave") {
			w.t.Errorf("watcher %s saw of %s: %s", w.name, user, strings.Join(w.seen[user], ", "))
		}
	}
}

// wasDegraded is how many states said so.
func (w *watcher) wasDegraded() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.degraded
}

// left is when the user was last seen to leave.
func (w *watcher) left(user string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leftAt[user]
}

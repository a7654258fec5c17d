package faults_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rollcall/e2e/harness"
	"rollcall/wire"
)

// judgeWatchers waits until what every watcher has folded is what the nodes
// serve.
func (w *world) judgeWatchers(tables map[string]table, healed time.Time) {
	for _, v := range w.watchers {
		complaint := until(time.Until(healed.Add(w.bound)), func() string {
			v.mu.Lock()
			defer v.mu.Unlock()
			for _, board := range boards {
				s := v.tables[board].state
				want := tables[board]
				want.Entries = want.Entries[:min(len(want.Entries), wire.MaxPage)]
				if wrong := differ(table{s.Epoch, s.Version, s.Total, s.Entries}, want); wrong != "" {
					return fmt.Sprintf("%s shows of board %s, and the nodes: %s", v.name, board, wrong)
				}
			}
			return ""
		})
		if complaint != "" {
			w.complain("watchers", "%v after healing: %s", time.Since(healed).Round(ms), complaint)
		}
	}
}

// judgePresence waits until the sockets really open are who is there, at every
// node and watcher, and then looks back: nobody was seen to leave who was here.
func (w *world) judgePresence(healed time.Time) {
	want := w.people.present()
	bound := healed.Add(harness.Scaled(35*time.Second) + w.bound)
	complaint := until(time.Until(bound), func() string {
		for i, n := range w.nodes {
			ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
			page, err := n.api().Presence(ctx, hall, "", 1000)
			cancel()
			if err != nil {
				return fmt.Sprintf("node %d: %v", i, err)
			}
			if got := names(page.Users); !slices.Equal(got, want) || page.Count != len(want) || page.Degraded {
				return fmt.Sprintf("node %d shows %d, %v (degraded: %v); there are %v", i, page.Count, got, page.Degraded, want)
			}
		}
		for _, v := range w.watchers {
			v.mu.Lock()
			s := v.room.state
			v.mu.Unlock()
			if got := names(s.Users); !slices.Equal(got, want) || s.Degraded {
				return fmt.Sprintf("%s sees %v (degraded: %v); there are %v", v.name, got, s.Degraded, want)
			}
		}
		return ""
	})
	if complaint != "" {
		w.complain("presence", "%v after healing: %s", time.Since(healed).Round(ms), complaint)
	}
	for _, v := range w.watchers {
		for _, s := range v.sightings() {
			if s.anew && w.mayForget() { // a store that forgets may forget when somebody came
				continue
			}
			if s.left && stays(s.user) && w.people.wasHere(s.user, s.when.Add(-lateness()), s.when) {
				w.complain("presence", "%s saw %s leave (and join at once: %v) at %s, who had been here for %v", v.name, s.user, s.anew, s.when.Format(clock), lateness())
			}
		}
	}
}

func (v *watcher) sightings() []sighting {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.room.seen)
}

func names(users []wire.User) (all []string) {
	for _, u := range users {
		all = append(all, u.User)
	}
	return all
}

// present is who should be there, by name: the load has ended, and nobody moves.
func (p *people) present() []string {
	users := map[string]bool{}
	for _, t := range p.tabs {
		if t.rooms {
			users[t.user] = true
		}
	}
	return slices.Sorted(maps.Keys(users))
}

// leave ends everybody who uses the system.
func (w *world) leave() {
	for _, v := range w.watchers {
		v.stop()
	}
	for _, c := range w.clients {
		_ = c.Close()
	}
	w.http.CloseIdleConnections()
}

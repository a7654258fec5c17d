package faults_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

// roomView is the hall as the frames so far make it, and what was seen of each
// user.
type roomView struct {
	at    string
	state wire.PresenceSnapshot
	has   bool
	fresh bool // the first frame of this connection is still to come
	seen  []sighting
}

// sighting is a change of a user's presence. One who is there with another Since
// has left and joined.
type sighting struct {
	user string
	left bool
	anew bool // left and joined at once
	when time.Time
}

func (r *roomView) connected() { r.fresh = true }

// fold makes the next state and says what is wrong with the frame.
func (r *roomView) fold(v *watcher, p *wire.Push) error {
	before, had := r.state, r.has
	if p.Snapshot != nil {
		var s wire.PresenceSnapshot
		if err := json.Unmarshal(p.Snapshot, &s); err != nil {
			return err
		}
		r.state = s
	} else {
		var d wire.PresenceDelta
		if err := json.Unmarshal(p.Delta, &d); err != nil {
			return err
		}
		if !r.has || p.From != r.at {
			return fmt.Errorf("a delta from %s came onto %s", headOf(p.From), headOf(r.at))
		}
		there := map[string]bool{}
		for _, u := range before.Users {
			there[u.User] = true
		}
		for _, u := range d.Left {
			if !there[u] {
				return fmt.Errorf("%s leaves who is not there", u)
			}
		}
		r.state, _ = client.FoldPresence(r.state, d)
	}
	r.at, r.has = p.At, true
	s := r.state
	switch {
	case s.Mode != wire.ModeFull:
		return fmt.Errorf("mode %s for %d users", s.Mode, s.Count)
	case s.Count != len(s.Users):
		return fmt.Errorf("count %d, %d users", s.Count, len(s.Users))
	case had && !r.fresh && s.Version < before.Version && !v.w.mayForget():
		return fmt.Errorf("version %d after %d", s.Version, before.Version)
	}
	r.fresh = false
	if had {
		r.note(before, s)
	}
	if wrong := v.w.history.add(fmt.Sprintf("%s at %d", s.Room, s.Version), v.name, presentUsers(s)); wrong != "" && !s.Degraded {
		v.w.history.note(wrong) // a node that has missed a hint shows the newest version before it has found the hole
	}
	return nil
}

// presentUsers are who is there; the rest changes without a version.
func presentUsers(s wire.PresenceSnapshot) string { return strings.Join(names(s.Users), " ") }

func (r *roomView) note(before, now wire.PresenceSnapshot) {
	since, at := map[string]int64{}, time.Now()
	for _, u := range before.Users {
		since[u.User] = u.Since
	}
	for _, u := range now.Users {
		was, there := since[u.User]
		delete(since, u.User)
		if there && was == u.Since {
			continue
		}
		if there {
			r.seen = append(r.seen, sighting{user: u.User, left: true, anew: true, when: at})
		}
		r.seen = append(r.seen, sighting{user: u.User, when: at})
	}
	for user := range since {
		r.seen = append(r.seen, sighting{user: user, left: true, when: at})
	}
}

package presence

import (
	"cmp"
	"slices"
	"strings"
)

// maxHeard is how many transitions a replica keeps between two folds, or while
// one is missing: at most 1 MB. A room that changes faster is read again.
const maxHeard = 4096

// Replica is a node's copy of a room. It starts as a page of the roster and
// follows by transitions in the order of their versions, however they come, so
// that the roster is read again only when one was lost. It is not safe for
// concurrent use.
//
// It knows how many users there are, and the first of them by id, at most its
// limit: in a room that is smaller, everyone.
type Replica struct {
	limit int

	read     bool // there was a page
	version  uint64
	count    int
	users    []Online // by id: all up to last
	last     string   // "" = users are everyone
	settling bool
	paged    uint64 // the version of the last page

	heard []Transition // not folded yet
	asked int          // so many of heard are older than the page that was asked for
	lost  bool         // heard overflowed
}

// NewReplica returns a replica that knows nothing yet and will know at most
// limit users.
func NewReplica(limit int) *Replica { return &Replica{limit: limit} }

// Hear keeps a transition of the room for Fold. They may come in any order,
// and twice. Beyond 4,096 all are dropped: then only a page helps.
func (r *Replica) Hear(t Transition) {
	if len(r.heard) == maxHeard {
		r.heard, r.asked, r.lost = nil, 0, true
	}
	r.heard = append(r.heard, t)
}

// Fold applies what was heard, as far as it links to the replica's version,
// and reports whether the replica is whole. If not, a transition is missing: it
// may be on its way, for two nodes' may cross; else a page must be read. It
// must not be called between Ask and Reset.
func (r *Replica) Fold() (whole bool) {
	if !r.read {
		return false
	}
	slices.SortFunc(r.heard, func(a, b Transition) int { return cmp.Compare(a.Version, b.Version) })
	done := 0
	for _, t := range r.heard {
		if t.Version > r.version {
			if t.Prev != r.version {
				break
			}
			r.apply(t)
		}
		done++
	}
	r.forget(done)
	return len(r.heard) == 0 && !r.lost && r.adds()
}

// Waits reports, after a Fold, that all it lacks is before what was heard: it
// may be on its way.
func (r *Replica) Waits() bool { return r.read && len(r.heard) > 0 && !r.lost && r.adds() }

// forget drops the first n that were heard.
func (r *Replica) forget(n int) {
	r.heard, r.asked = slices.Delete(r.heard, 0, n), 0
	if len(r.heard) == 0 {
		r.heard = nil // lets go of the array of a past storm
	}
}

// apply takes the replica over one transition. While the roster settles the
// nodes put back who was here all along: that is no news.
func (r *Replica) apply(t Transition) {
	i, known := r.find(t.User)
	switch {
	case t.Kind == Left && known:
		r.users = slices.Delete(r.users, i, i+1)
	case t.Kind == Left:
	case known:
		o := Online{User: t.User, Meta: t.Meta, Since: t.Since}
		if r.settling {
			o.Since = r.users[i].Since
		}
		r.users[i] = o
	case r.last == "" || t.User <= r.last:
		r.users = slices.Insert(r.users, i, Online{User: t.User, Meta: t.Meta, Since: t.Since})
	}
	r.version = t.Version
	r.fit(t.Count)
}

// fit cuts the users to the limit and sets the count, which while the roster
// settles is never below what is known.
func (r *Replica) fit(count int) {
	if len(r.users) > r.limit {
		clear(r.users[r.limit:])
		r.users = r.users[:r.limit]
		r.last = r.users[r.limit-1].User
		r.count = max(r.count, len(r.users)+1)
	}
	switch {
	case !r.settling:
		r.count = count
		if r.count == len(r.users) {
			r.last = ""
		}
	case r.last == "":
		r.count = len(r.users)
	default:
		r.count = max(r.count, count)
	}
}

// adds reports whether the count is that of the users, as far as they are
// known. What the roster itself said is not doubted: it would say it again.
func (r *Replica) adds() bool {
	switch {
	case r.version == r.paged:
		return true
	case r.last == "":
		return r.count == len(r.users)
	default:
		return r.count > len(r.users)
	}
}

func (r *Replica) find(user string) (i int, known bool) {
	return slices.BinarySearchFunc(r.users, user, func(o Online, user string) int { return strings.Compare(o.User, user) })
}

// Version is the version of the room that the replica is at.
func (r *Replica) Version() uint64 { return r.version }

// Page is what is known: Next is "" if that is everyone. Its users are the
// replica's own, good until it changes.
func (r *Replica) Page() Page {
	return Page{Version: r.version, Count: r.count, Users: r.users, Next: r.last, Settling: r.settling}
}

// Holds reports whether the first n users are known, or everyone, or at least
// no page could tell more, for nothing changed since the last.
func (r *Replica) Holds(n int) bool {
	return r.last == "" || len(r.users) >= n || r.version == r.paged
}

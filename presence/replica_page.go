package presence

import (
	"slices"
	"strings"
)

// Ask says that the room's first page is being asked for: what was heard so
// far is on it. If no page comes, ask again.
func (r *Replica) Ask() { r.asked, r.lost = len(r.heard), false }

// Reset takes the page that was asked for. It replaces what was known, even by
// an older version: the roster is the truth. But as long as the roster settles
// it may not know everyone again, and nobody is gone because he is not on the
// page, only if his leaving was heard.
func (r *Replica) Reset(p Page) {
	before := r.heard[:r.asked]
	if p.Settling && r.read {
		r.merge(p, before)
	} else {
		r.users, r.last, r.count = slices.Clone(p.Users), p.Next, p.Count
	}
	r.read, r.version, r.settling, r.paged = true, p.Version, p.Settling, p.Version
	r.fit(p.Count)
	r.forget(r.asked)
}

// merge adds the page to what is known. Who was online stays so since then.
func (r *Replica) merge(p Page, before []Transition) {
	left := make(map[string]bool) // of them the page alone decides
	for _, t := range before {
		if t.Kind == Left && t.Version > r.version {
			left[t.User] = true
		}
	}
	onPage := make(map[string]bool, len(p.Users))
	var all []Online
	for _, o := range p.Users {
		if i, known := r.find(o.User); known && !left[o.User] {
			o.Since = r.users[i].Since
		}
		onPage[o.User] = true
		all = append(all, o)
	}
	for _, o := range r.users {
		if !onPage[o.User] && !left[o.User] {
			all = append(all, o)
		}
	}
	r.last = sooner(r.last, p.Next)
	r.users = slices.DeleteFunc(all, func(o Online) bool { return r.last != "" && o.User > r.last })
	slices.SortFunc(r.users, func(a, b Online) int { return strings.Compare(a.User, b.User) })
}

// sooner is the lower of two bounds of ids, of which "" is the highest.
func sooner(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

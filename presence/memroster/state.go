package memroster

import (
	"container/list"
	"time"

	"rollcall/presence"
)

// room is a room that has users, or had some not long ago.
type room struct {
	name    string
	version uint64
	members map[string]*member // by user id
	order   index              // the same

	empty   *list.Element // in Roster.empty while nobody is here
	emptied time.Duration // since when
}

// member is a user in a room: present while it has holders.
type member struct {
	room    *room
	user    *user
	meta    presence.Meta
	since   int64 // µs since 1970, when the user came
	beat    int64 // µs since 1970, the latest of any holder
	holders []*holder
}

// holder is the proof that a node holds a member. Its age counts by the
// roster's own time.
type holder struct {
	member *member
	node   string
	beat   time.Duration
	queued *list.Element // in Roster.beats
}

// zombie is the node of the holders that the journal remembers: the process
// before this one. Nodes have other names.
const zombie = ""

// user is what is known of a user over all rooms.
type user struct {
	id      string
	members []*member     // where he is online
	seen    int64         // µs since 1970, the latest beat of a member he was
	gone    *list.Element // in Roster.gone while he is online nowhere
}

// place names the member.
func (m *member) place() presence.Place {
	return presence.Place{Room: m.room.name, User: m.user.id}
}

// held returns the node's holder and its index, or nil.
func (m *member) held(node string) (*holder, int) {
	for i, h := range m.holders {
		if h.node == node {
			return h, i
		}
	}
	return nil, -1
}

// memberLocked returns a present member, or nil.
func (r *Roster) memberLocked(p presence.Place) *member {
	rm := r.rooms[p.Room]
	if rm == nil {
		return nil
	}
	return rm.members[p.User]
}

// enterLocked makes a member without holders.
func (r *Roster) enterLocked(p presence.Place, meta presence.Meta, since int64) *member {
	rm, u := r.roomLocked(p.Room), r.userLocked(p.User)
	if rm.empty != nil {
		r.empty.Remove(rm.empty)
		rm.empty = nil
	}
	if u.gone != nil {
		r.gone.Remove(u.gone)
		u.gone = nil
	}
	m := &member{room: rm, user: u, meta: meta, since: since, beat: since}
	rm.members[u.id] = m
	rm.order.insert(m)
	u.members = append(u.members, m)
	return m
}

// exitLocked drops a member that has no holders left.
func (r *Roster) exitLocked(m *member, at time.Duration) {
	rm, u := m.room, m.user
	delete(rm.members, u.id)
	rm.order.remove(m)
	if len(rm.members) == 0 {
		rm.emptied = at
		rm.empty = r.empty.PushBack(rm)
	}
	u.seen = max(u.seen, m.beat)
	for i, other := range u.members {
		if other == m {
			u.members = append(u.members[:i], u.members[i+1:]...)
			break
		}
	}
	if len(u.members) == 0 {
		u.members = nil
		u.gone = r.gone.PushBack(u)
		r.markLocked(item{kind: seenItem, user: u.id})
	}
}

// roomLocked returns a room, a new one as empty for the moment.
func (r *Roster) roomLocked(name string) *room {
	rm := r.rooms[name]
	if rm == nil {
		rm = &room{name: name, members: make(map[string]*member)}
		rm.empty = r.empty.PushBack(rm)
		r.rooms[name] = rm
	}
	return rm
}

// userLocked returns a user, a new one as gone for the moment.
func (r *Roster) userLocked(id string) *user {
	u := r.users[id]
	if u == nil {
		u = &user{id: id}
		u.gone = r.gone.PushBack(u)
		r.users[id] = u
	}
	return u
}

// holdLocked adds a holder to a member.
func (r *Roster) holdLocked(m *member, node string, at time.Duration) {
	h := &holder{member: m, node: node, beat: at}
	h.queued = r.beats.PushBack(h)
	m.holders = append(m.holders, h)
}

// beatLocked renews a holder.
func (r *Roster) beatLocked(h *holder, wall int64, at time.Duration) {
	h.beat = at
	r.beats.MoveToBack(h.queued)
	h.member.beat = max(h.member.beat, wall)
}

// releaseLocked removes a member's i-th holder.
func (r *Roster) releaseLocked(m *member, i int) {
	r.beats.Remove(m.holders[i].queued)
	m.holders[i] = m.holders[len(m.holders)-1]
	m.holders = m.holders[:len(m.holders)-1]
}

package memroster

import "strconv"

// item names one record of the journal.
type item struct {
	kind       string
	room, user string
}

// The kinds of records, the beginning of their keys.
const (
	prefix     = "presence/"
	memberItem = prefix + "member/" // a user in a room
	seenItem   = prefix + "seen/"   // an offline user
	roomItem   = prefix + "room/"   // a room's version
)

// key is different for different items, whatever the names hold: the length
// says where the room ends.
func (it item) key() string {
	return it.kind + strconv.Itoa(len(it.room)) + "/" + it.room + it.user
}

// record is the value of any item; fields that its kind does not need are
// zero. Times are µs since 1970.
type record struct {
	Room    string `json:"room,omitempty"`
	User    string `json:"user,omitempty"`
	Name    string `json:"name,omitempty"`
	Away    bool   `json:"away,omitempty"`
	Since   int64  `json:"since,omitempty"`
	Beat    int64  `json:"beat,omitempty"` // seen: the last one
	Version uint64 `json:"version,omitempty"`
}

// recordLocked is what the journal should hold of an item, false if nothing.
func (r *Roster) recordLocked(it item) (record, bool) {
	rec := record{Room: it.room, User: it.user}
	switch it.kind {
	case memberItem:
		rm := r.rooms[it.room]
		if rm == nil || rm.members[it.user] == nil {
			return rec, false
		}
		m := rm.members[it.user]
		rec.Name, rec.Away = m.meta.Name, m.meta.Away
		rec.Since, rec.Beat = m.since, m.beat
		return rec, true
	case seenItem:
		u := r.users[it.user]
		if u == nil {
			return rec, false
		}
		rec.Beat = u.seen
		return rec, true
	default:
		rm := r.rooms[it.room]
		if rm == nil {
			return rec, false
		}
		rec.Version = rm.version
		return rec, true
	}
}

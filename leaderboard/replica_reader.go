package leaderboard

// Reader answers from one state of a board, inside Replica.Read. Where it
// takes a scheme, "" is the scheme of the board's rules. Ranks are exact. With
// n members every answer costs O(log n) plus its entries, or under Dense plus
// one walk over a chunk of at most 134 keys.
type Reader struct {
	head  Head
	rules Rules
	table *memberTable
	index *rankIndex
}

// Head returns the head of the state.
func (r *Reader) Head() Head { return r.head }

// Rules returns the rules, with their defaults filled in. Their Columns are
// not the caller's to change.
func (r *Reader) Rules() Rules { return r.rules }

// Len counts the entries.
func (r *Reader) Len() int { return r.index.size }

// Page returns up to limit entries after the best offset ones, best first. It
// is empty if there are none; a negative offset or limit counts as 0.
func (r *Reader) Page(offset, limit int, scheme Scheme) []Ranked {
	offset = min(max(offset, 0), r.Len())
	limit = min(max(limit, 0), r.Len()-offset)
	return r.span(offset, limit, scheme)
}

// Get returns the entry of a member, false if it has none.
func (r *Reader) Get(member string, scheme Scheme) (Ranked, bool) {
	m, ok := r.table.lookup(member)
	if !ok {
		return Ranked{}, false
	}
	return Ranked{Rank: r.rank(r.key(m), scheme), Entry: r.table.entry(m)}, true
}

// Rank returns the rank of a member, from 1, without making an entry.
func (r *Reader) Rank(member string, scheme Scheme) (int, bool) {
	m, ok := r.table.lookup(member)
	if !ok {
		return 0, false
	}
	return r.rank(r.key(m), scheme), true
}

// Around returns a member's entry with up to span entries on each side, best
// first, nil if the member has none. A negative span counts as 0.
func (r *Reader) Around(member string, span int, scheme Scheme) []Ranked {
	m, ok := r.table.lookup(member)
	if !ok {
		return nil
	}
	span = min(max(span, 0), r.Len())
	position := r.index.position(r.key(m))
	from := max(position-span, 0)
	return r.span(from, min(position+span+1, r.Len())-from, scheme)
}

// span returns the count entries from position from on; they exist.
func (r *Reader) span(from, count int, scheme Scheme) []Ranked {
	page := make([]Ranked, 0, count)
	if count == 0 {
		return page
	}
	scheme = r.schemeOr(scheme)
	var last rankKey
	rank := 0
	for k := range r.index.from(from) {
		switch at := from + len(page) + 1; {
		case len(page) == 0:
			rank = r.rank(k, scheme)
		case scheme == Ordinal:
			rank = at
		case k.levelWith(last):
		case scheme == Dense:
			rank++
		default:
			rank = at
		}
		last = k
		if page = append(page, Ranked{Rank: rank, Entry: r.table.entry(k.member)}); len(page) == count {
			break
		}
	}
	return page
}

// rank returns the rank of a key that is in the index.
func (r *Reader) rank(k rankKey, scheme Scheme) int {
	switch r.schemeOr(scheme) {
	case Dense:
		return 1 + r.index.distinctAhead(k)
	case Ordinal:
		return 1 + r.index.position(k)
	default:
		return 1 + r.index.ahead(k)
	}
}

func (r *Reader) schemeOr(scheme Scheme) Scheme {
	if scheme == "" {
		return r.rules.Scheme
	}
	return scheme
}

func (r *Reader) key(member uint32) rankKey { return r.table.key(member, r.rules.Order) }

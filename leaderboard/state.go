package leaderboard

import (
	"cmp"
	"time"
)

// StateConfig bounds what a State remembers.
type StateConfig struct {
	// IDWindow is how long the id of an event is remembered, by the caller's
	// clock. 0 = 10 min: longer than any sender should retry.
	IDWindow time.Duration
	// IDLimit is how many ids are remembered at once; when it is reached,
	// events with new ids are busy until the oldest leaves. 0 = 100,000.
	IDLimit int
}

func (c StateConfig) withDefaults() StateConfig {
	if c.IDWindow <= 0 {
		c.IDWindow = 10 * time.Minute
	}
	if c.IDLimit <= 0 {
		c.IDLimit = 100_000
	}
	return c
}

// State is the truth of one board in memory: rules, head, entries, sources and
// the window of ids. It decides the fate of every event; it stores nothing and
// reads no clock. A State is not safe for concurrent use.
//
// A driver applies a batch, makes the returned Change durable and only then
// lets anyone see it; if that fails it calls Revert, newest change first.
type State struct {
	cfg     StateConfig
	rules   Rules
	head    Head
	origin  string // as SourceState.Origin
	rows    rowTable
	sources map[string]*Source
	ids     idWindow

	touched map[string]bool // members of the change being made
}

// NewState returns an empty board at version 0 of a new epoch. Rules are
// filled with their defaults.
func NewState(epoch string, rules Rules, cfg StateConfig) *State {
	rules = rules.WithDefaults()
	head := Head{Epoch: epoch, Chain: FirstChain(epoch)}
	return RestoreState(rules, head, cfg)
}

// RestoreState returns an empty board at a head that a store remembers; fill
// it with RestoreEntry, RestoreSource and RestoreID.
func RestoreState(rules Rules, head Head, cfg StateConfig) *State {
	cfg = cfg.withDefaults()
	return &State{
		cfg:     cfg,
		rules:   rules,
		head:    head,
		origin:  head.Epoch,
		rows:    newRowTable(),
		sources: make(map[string]*Source),
		ids:     newIDWindow(cfg.IDWindow, cfg.IDLimit),
		touched: make(map[string]bool),
	}
}

// RestoreOrigin puts back in which epoch the board's line began; "" = in that of
// its head.
func (s *State) RestoreOrigin(origin string) { s.origin = cmp.Or(origin, s.head.Epoch) }

// RestoreEntry puts a stored entry back, without a change of version.
func (s *State) RestoreEntry(e Entry) { s.rows.put(&e) }

// RestoreSource puts a stored source back.
func (s *State) RestoreSource(src Source) { s.sources[src.Name] = &src }

// RestoreID puts a stored id back. Call it in the order of UsedID.At.
func (s *State) RestoreID(id UsedID) { s.ids.add(id) }

// Rules are the board's rules.
func (s *State) Rules() Rules { return s.rules }

// Head is the board's head.
func (s *State) Head() Head { return s.head }

// Origin is the epoch in which the board's line began.
func (s *State) Origin() string { return s.origin }

// Len is the number of entries.
func (s *State) Len() int { return s.rows.n }

// Entry returns a member's entry.
func (s *State) Entry(member string) (Entry, bool) {
	if e := s.rows.get(member); e != nil {
		return *e, true
	}
	return Entry{}, false
}

// Source tells where a source stands; one never seen has seq 0.
func (s *State) Source(name string) SourceState {
	if src := s.sources[name]; src != nil {
		return SourceState{Source: name, Origin: s.origin, Generation: src.Generation, Seq: src.Seq}
	}
	return SourceState{Source: name, Origin: s.origin}
}

// Snapshot returns the board as it is now. It costs the same whatever the
// size of the board; later writes copy the parts they change.
func (s *State) Snapshot() Snapshot {
	return Snapshot{Head: s.head, Rules: s.rules, Total: s.rows.n, Entries: s.rows.share()}
}

// SetRules declares other rules. The same rules again change nothing and
// return nil; another order or tie while the board has entries is
// ErrRulesFixed. A change of rules takes one version.
func (s *State) SetRules(rules Rules) (*Change, error) {
	rules = rules.WithDefaults()
	if rules.Equal(s.rules) {
		return nil, nil
	}
	if s.rows.n > 0 && (rules.Order != s.rules.Order || rules.Tie != s.rules.Tie) {
		return nil, ErrRulesFixed
	}
	c := s.begin()
	s.rules = rules
	s.head.Version++
	s.finish(c, &rules)
	return c, nil
}

// Claim raises a source's generation by one, which fences its older senders.
func (s *State) Claim(source string) *Change {
	c := s.begin()
	src := s.touchSource(c, source)
	src.Generation++
	s.finish(c, nil)
	return c
}

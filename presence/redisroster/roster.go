package redisroster

import (
	"context"
	"fmt"
	"slices"

	"rollcall/presence"
	"rollcall/redisconn"
)

var (
	_ presence.Roster = (*Roster)(nil)
	_ presence.Parter = (*Roster)(nil)
)

// Roster is a presence.Roster, with the reads of a hub, that all nodes of one Redis share. Its methods are
// safe for concurrent use. It has nothing to close but its clients.
type Roster struct {
	clients redisconn.Clients
	cfg     Config
	scripts scripts
	parts   int                    // presence.Partitions; fewer in tests
	keys    map[*script][][]string // by partition
}

// New makes a roster. It does not connect.
func New(c redisconn.Clients, cfg Config) *Roster {
	return newRoster(c, cfg, standard, presence.Partitions)
}

func newRoster(c redisconn.Clients, cfg Config, scripts scripts, parts int) *Roster {
	r := &Roster{clients: c, cfg: cfg.withDefaults(), scripts: scripts, parts: parts, keys: make(map[*script][][]string)}
	for _, s := range scripts.all() {
		keys := make([][]string, parts)
		for part := range keys {
			for _, kind := range s.keys {
				keys[part] = append(keys[part], r.key(part, kind))
			}
		}
		r.keys[s] = keys
	}
	return r
}

// part is the partition of a room.
func (r *Roster) part(room string) int { return presence.Partition(room) % r.parts }

// key is one key of a partition. Its hash tag is the partition's alone, so all
// of them are on one server of a Cluster.
func (r *Roster) key(part int, kind string) string {
	return fmt.Sprintf("%s:{p%02d}:%s", r.cfg.Prefix, part, kind)
}

// now is the time that a script is told: 0 = Redis's own.
func (r *Roster) now() int64 {
	if r.cfg.Now == nil {
		return 0
	}
	return max(r.cfg.Now().UnixMicro(), 0)
}

// Join implements presence.Roster.
func (r *Roster) Join(ctx context.Context, node string, joins []presence.Join) ([]presence.Transition, error) {
	if err := checkID("node", node); err != nil {
		return nil, err
	}
	return r.show(ctx, r.scripts.join, joins, node)
}

// SetMeta implements presence.Roster.
func (r *Roster) SetMeta(ctx context.Context, metas []presence.Join) ([]presence.Transition, error) {
	return r.show(ctx, r.scripts.meta, metas)
}

func (r *Roster) show(ctx context.Context, s *script, joins []presence.Join, head ...any) ([]presence.Transition, error) {
	for _, j := range joins {
		if err := checkJoin(j); err != nil {
			return nil, err
		}
	}
	var made []presence.Transition
	for trip := range slices.Chunk(joins, perTrip) {
		calls := r.calls(len(trip), func(i int) string { return trip[i].Room }, func(args []any, i int) []any {
			return append(args, fieldOf(trip[i].Place), metaText(trip[i].Meta))
		}, head...)
		more, err := r.change(ctx, s, calls)
		if made = append(made, more...); err != nil {
			return made, err
		}
	}
	return made, nil
}

// Leave implements presence.Roster.
func (r *Roster) Leave(ctx context.Context, node string, places []presence.Place) ([]presence.Transition, error) {
	if err := checkHolders(node, places); err != nil {
		return nil, err
	}
	var made []presence.Transition
	for trip := range slices.Chunk(places, perTrip) {
		more, err := r.change(ctx, r.scripts.leave, r.holders(node, trip))
		if made = append(made, more...); err != nil {
			return made, err
		}
	}
	return made, nil
}

// Refresh implements presence.Roster.
func (r *Roster) Refresh(ctx context.Context, node string, places []presence.Place) ([]presence.Place, error) {
	if err := checkHolders(node, places); err != nil {
		return nil, err
	}
	var missing []presence.Place
	for trip := range slices.Chunk(places, perTrip) {
		calls := r.holders(node, trip)
		err := r.run(ctx, r.clients.Write, r.scripts.refresh, calls)
		var lost []int
		for _, c := range calls {
			if c.err != nil {
				continue
			}
			for _, i := range c.answer {
				lost = append(lost, c.index[number(i)-1])
			}
		}
		slices.Sort(lost)
		for _, i := range lost {
			missing = append(missing, trip[i])
		}
		if err != nil {
			return missing, err
		}
	}
	return missing, nil
}

// Part implements presence.Parter.
func (r *Roster) Part(ctx context.Context, node string, places []presence.Place) error {
	if err := checkHolders(node, places); err != nil {
		return err
	}
	for trip := range slices.Chunk(places, perTrip) {
		calls := r.calls(len(trip), func(i int) string { return trip[i].Room }, func(args []any, i int) []any {
			return append(args, holderOf(trip[i], node))
		}, (r.cfg.Threshold / 2).Microseconds())
		if err := r.run(ctx, r.clients.Write, r.scripts.part, calls); err != nil {
			return err
		}
	}
	return nil
}

func checkHolders(node string, places []presence.Place) error {
	if err := checkID("node", node); err != nil {
		return err
	}
	for _, p := range places {
		if err := checkPlace(p); err != nil {
			return err
		}
	}
	return nil
}

func (r *Roster) holders(node string, places []presence.Place) []*call {
	return r.calls(len(places), func(i int) string { return places[i].Room }, func(args []any, i int) []any {
		return append(args, holderOf(places[i], node))
	})
}

// change makes calls whose answers are transitions, and returns those of the
// calls that succeeded, whatever the error of the others.
func (r *Roster) change(ctx context.Context, s *script, calls []*call) ([]presence.Transition, error) {
	err := r.run(ctx, r.clients.Write, s, calls)
	var made []presence.Transition
	for _, c := range calls {
		if c.err != nil {
			continue
		}
		more, bad := transitions(c.answer)
		if bad != nil {
			return made, fmt.Errorf("roster %s: partition %02d: %w", s.name, c.part, bad)
		}
		made = append(made, more...)
	}
	return made, err
}

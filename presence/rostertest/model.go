package rostertest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"rollcall/presence"
)

// modelSteps is the length of one random history.
const modelSteps = 200

// modelUsers is how many people it is about.
const modelUsers = 4

// model is what must be true of a roster whatever happens: fold is what a
// watcher of the transitions sees, nodes what the living nodes want, beats
// what the roster was told.
type model struct {
	*bench
	rng   *rand.Rand
	fold  map[presence.Place]presence.Transition // the last of each present user
	last  map[string]uint64                      // version by room
	moved map[string]bool                        // rooms since their page was read
	nodes [3]modelNode
	born  int

	elapsed time.Duration // time as holders live it: steps back are nothing
	settled time.Duration // no sweep removes anybody before
	swept   time.Time     // the clock at the last sweep
	beats   map[modelHolder]time.Duration
	stale   map[modelHolder]bool // may have been swept without a word
}

type modelNode struct {
	id   string
	held map[presence.Place]presence.Meta
}

type modelHolder struct {
	node string
	presence.Place
}

func runModel(b *bench, seed uint64) {
	m := &model{
		bench: b,
		rng:   rand.New(rand.NewPCG(seed, 1)),
		fold:  make(map[presence.Place]presence.Transition),
		last:  make(map[string]uint64),
		moved: make(map[string]bool),
		beats: make(map[modelHolder]time.Duration),
		stale: make(map[modelHolder]bool),
		swept: b.Now(),
	}
	for i := range m.nodes {
		m.start(i)
	}
	for step := range modelSteps {
		m.step()
		m.checkPages(step%10 == 0)
		if step%20 == 0 {
			m.checkReads()
		}
	}
	m.settle()
}

// step does one random thing.
func (m *model) step() {
	i := m.rng.IntN(len(m.nodes))
	switch n := m.rng.IntN(100); {
	case n < 25:
		m.randomJoin(i)
	case n < 40:
		m.randomLeave(i)
	case n < 55:
		m.beat(i)
	case n < 60:
		m.randomMeta(i)
	case n < 73:
		m.sweepAll()
	case n < 76:
		m.start(i) // crashed: its holders stay behind
	case n < 80:
		m.live(i, m.rng.IntN(60))
	case n < 96:
		m.move(time.Duration(m.rng.IntN(8000)) * time.Millisecond)
	case n < 98:
		m.move(time.Minute) // all stand still, or the clock steps
	default:
		m.move(-time.Minute)
	}
}

// start gives the i-th node a new life.
func (m *model) start(i int) {
	m.born++
	m.nodes[i] = modelNode{id: fmt.Sprintf("node-%d", m.born), held: make(map[presence.Place]presence.Meta)}
}

func (m *model) move(d time.Duration) {
	m.Move(d)
	m.elapsed += max(d, 0)
}

// live lets seconds go by as they should, with sweeps and beats, but for the
// stalled node, which does nothing; -1 stalls none.
func (m *model) live(stalled, seconds int) {
	for second := range seconds {
		if second%10 == 0 {
			for i := range m.nodes {
				if i != stalled {
					m.beat(i)
				}
			}
		}
		if second%2 == 0 {
			m.sweepAll()
		}
		m.move(time.Second)
	}
}

func (m *model) randomPlace() presence.Place {
	return at(fmt.Sprintf("room-%d", m.rng.IntN(2)), fmt.Sprintf("user-%d", m.rng.IntN(modelUsers)))
}

func (m *model) randomMeta(i int) {
	p := m.randomPlace()
	meta := presence.Meta{Name: p.User, Away: m.rng.IntN(2) == 0}
	made := m.setMeta(meta, p)
	if _, ok := m.nodes[i].held[p]; ok {
		m.nodes[i].held[p] = meta
	}
	for _, tr := range made {
		m.see(tr, presence.Changed)
	}
}

func (m *model) randomJoin(i int) {
	meta := presence.Meta{Away: m.rng.IntN(4) == 0}
	var places []presence.Place
	for range 1 + m.rng.IntN(3) {
		if p := m.randomPlace(); !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	m.joinPlaces(i, meta, places)
}

func (m *model) joinPlaces(i int, meta presence.Meta, places []presence.Place) {
	node := m.nodes[i]
	for _, tr := range m.joinAs(node.id, meta, places...) {
		m.see(tr, presence.Joined, presence.Changed)
	}
	for _, p := range places {
		node.held[p] = meta
		m.wasBeaten(modelHolder{node.id, p})
	}
}

func (m *model) wasBeaten(h modelHolder) {
	m.beats[h] = m.elapsed
	delete(m.stale, h)
}

// randomLeave leaves one place: the user must leave if no other node can hold
// him, and must not if another certainly does.
func (m *model) randomLeave(i int) {
	p := m.randomPlace()
	h := modelHolder{m.nodes[i].id, p}
	_, known := m.beats[h]
	certain := known && !m.stale[h]
	delete(m.nodes[i].held, p)
	delete(m.beats, h)
	delete(m.stale, h)
	made := m.leave(h.node, p)
	for _, tr := range made {
		m.see(tr, presence.Left)
		m.wantNoCertainHolder(tr)
	}
	if certain && len(made) == 0 && !m.maybeHeld(p) {
		m.Fatalf("the last holder of %v left and he stayed", p)
	}
}

func (m *model) maybeHeld(p presence.Place) bool {
	for h := range m.beats {
		if h.Place == p {
			return true
		}
	}
	return false
}

func (m *model) wantNoCertainHolder(left presence.Transition) {
	m.Helper()
	for h, beat := range m.beats {
		if h.Place == left.Place && !m.stale[h] {
			m.Fatalf("%v left though %s beat %v ago", left.Place, h.node, m.elapsed-beat)
		}
	}
	for h := range m.beats {
		if h.Place == left.Place {
			delete(m.beats, h) // swept, all of them
			delete(m.stale, h)
		}
	}
}

// beat refreshes all of a node's holders and joins the missing again.
func (m *model) beat(i int) {
	node := m.nodes[i]
	var places []presence.Place
	for p := range node.held {
		places = append(places, p)
	}
	missing := m.refresh(node.id, places...)
	for _, p := range missing {
		h := modelHolder{node.id, p}
		if _, known := m.beats[h]; known && !m.stale[h] {
			m.Fatalf("%v is missing though it beat %v ago", h, m.elapsed-m.beats[h])
		}
		m.joinPlaces(i, node.held[p], []presence.Place{p})
	}
	for _, p := range places {
		m.wasBeaten(modelHolder{node.id, p})
	}
}

// sweepAll sweeps: only what was silent for the threshold may go, and nothing
// after a gap or a step of the clock.
func (m *model) sweepAll() {
	if gap := m.Now().Sub(m.swept); gap > SweepGap || gap < 0 {
		m.settled = m.elapsed + Threshold
	}
	m.swept = m.Now()
	for h, beat := range m.beats {
		if m.elapsed-beat >= Threshold {
			m.stale[h] = true
		}
	}
	for _, tr := range m.sweep() {
		m.see(tr, presence.Left)
		m.wantNoCertainHolder(tr)
		if m.elapsed < m.settled {
			m.Fatalf("%v left %v before the sweeps may remove anybody", tr.Place, m.settled-m.elapsed)
		}
	}
}

package leaderboard

import (
	"slices"
	"strings"
)

// Archive returns the board as it is now with its sources, in O(sources).
func (s *State) Archive() Archive {
	a := Archive{Snapshot: s.Snapshot(), Origin: s.origin, Sources: make([]Source, 0, len(s.sources))}
	for _, src := range s.sources {
		a.Sources = append(a.Sources, *src)
	}
	slices.SortFunc(a.Sources, func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	return a
}

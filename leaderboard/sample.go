package leaderboard

import (
	"cmp"
	"slices"
)

// Best returns the best n entries, best first. It reads all of them once.
func (s Snapshot) Best(n int) []Entry {
	order := s.Rules.Order
	better := func(a, b Entry) int {
		return cmp.Or(
			cmp.Compare(rankBits(a.Score, order), rankBits(b.Score, order)),
			cmp.Compare(a.Tie, b.Tie),
			cmp.Compare(a.Member, b.Member),
		)
	}
	best := make([]Entry, 0, n+1)
	for e := range s.Entries {
		if len(best) == n && (n == 0 || better(e, best[n-1]) > 0) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, e, better)
		best = slices.Insert(best, at, e)
		best = best[:min(n, len(best))]
	}
	return best
}

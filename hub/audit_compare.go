package hub

import (
	"bytes"
	"fmt"

	"rollcall/leaderboard"
)

// compare compares the replica with a sample of the same head; false if it is
// at another. One that differs is read again from the store, once.
func (f *feed) compare(s leaderboard.Sample) (compared bool, fault error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rep == nil || f.lost || f.wrong {
		return false, nil
	}
	f.rep.Read(func(r *leaderboard.Reader) {
		if compared = r.Head() == s.Head; compared {
			fault = difference(r, s)
		}
	})
	if fault != nil {
		f.wrong, f.missed = true, true
		f.repairLocked()
	}
	return compared, fault
}

// difference says in what a replica differs from a sample of its head.
func difference(r *leaderboard.Reader, s leaderboard.Sample) error {
	if r.Len() != s.Total {
		return fmt.Errorf("%d entries here, %d in the store", r.Len(), s.Total)
	}
	for _, want := range s.Entries {
		got, ok := r.Get(want.Member, leaderboard.Ordinal)
		if !ok {
			return fmt.Errorf("member %q is not here", want.Member)
		}
		if !equalEntries(got.Entry, want) {
			return fmt.Errorf("member %q is %+v here, %+v in the store", want.Member, got.Entry, want)
		}
	}
	return nil
}

func equalEntries(a, b leaderboard.Entry) bool {
	return a.Member == b.Member && a.Score == b.Score && a.Tie == b.Tie && a.Name == b.Name && a.Group == b.Group && equalCells(a.Cells, b.Cells)
}

func equalCells(a, b leaderboard.Cells) bool {
	if len(a) != len(b) {
		return false
	}
	for column, value := range a {
		other, ok := b[column]
		if !ok || !bytes.Equal(value, other) {
			return false
		}
	}
	return true
}

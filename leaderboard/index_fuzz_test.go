package leaderboard

import "testing"

// FuzzIndex reads three bytes as one step: member, score and tie, how many
// times over. The index must equal the sorted slice whatever the steps are.
func FuzzIndex(f *testing.F) {
	const members = 2000
	f.Add([]byte{})
	f.Add([]byte{1, 0x11, 1, 1, 0x12, 1, 1, 0x11, 0x81})
	f.Add([]byte{0, 0x00, 127, 0, 0x10, 127, 0, 0x00, 255, 9, 0x10, 255})
	f.Add([]byte{0, 0x33, 127, 120, 0x33, 127, 60, 0x32, 127, 30, 0x34, 127, 0, 0, 255, 120, 0, 255})
	f.Add([]byte{5, 0xf0, 100, 50, 0x0f, 100, 100, 0xff, 100, 5, 0, 200, 50, 0, 250})
	ids := newNumberedIDs(members)
	f.Fuzz(func(t *testing.T, ops []byte) {
		m := newIndexModel(ids)
		for ; len(ops) >= 3 && len(m.keys) < members; ops = ops[3:] {
			first, place, times := uint32(ops[0])*7, ops[1], uint32(ops[2]&0x7f)*4
			for i := range times + 1 {
				member := (first + i) % members
				if ops[2]&0x80 != 0 {
					m.delete(t, member)
				} else {
					m.put(t, rankKey{score: uint64(place >> 4), tie: int64(place & 15), member: member})
				}
			}
		}
		wantIndex(t, m.index, m.keys)
	})
}

package presence_test

import (
	"fmt"
	"testing"

	"rollcall/presence"
)

// BenchmarkReplicaFold is 100 users who come to a room of 250 and go again,
// folded in one tick; per op of 200 transitions.
func BenchmarkReplicaFold(b *testing.B) {
	var p presence.Page
	for i := range 250 {
		p.Users = append(p.Users, presence.Online{User: fmt.Sprintf("user-%08d", 2*i)})
	}
	p.Version, p.Count = 1, len(p.Users)
	r := replicaOf(350, p)
	version := uint64(1)
	b.ReportAllocs()
	for b.Loop() {
		for n := range 200 {
			kind, count := presence.Joined, 250+n+1
			if n >= 100 {
				kind, count = presence.Left, 450-n-1
			}
			r.Hear(moved(kind, fmt.Sprintf("user-%08d", 2*(n%100)+1), version, version+1, count))
			version++
		}
		if !r.Fold() {
			b.Fatal("not whole")
		}
	}
}

package leaderboard

import (
	"slices"
	"sort"
)

// MaxRefused is how many refused seqs a source remembers.
const MaxRefused = 256

// Source is what a board knows of one source.
type Source struct {
	Name       string
	Seq        uint64       // the last one taken
	Generation uint64       // 0 = never claimed
	Refused    []RefusedSeq // the last MaxRefused, by seq; never changed in place
}

// RefusedSeq is a seq that was taken and refused for good.
type RefusedSeq struct {
	Seq     uint64
	Refusal Refusal
}

// refusal returns why a seq was refused, nil if it was not or that is
// forgotten.
func (s *Source) refusal(seq uint64) *Refusal {
	i := sort.Search(len(s.Refused), func(i int) bool { return s.Refused[i].Seq >= seq })
	if i == len(s.Refused) || s.Refused[i].Seq != seq {
		return nil
	}
	r := s.Refused[i].Refusal
	return &r
}

// refuse remembers that the last seq taken was refused.
func (s *Source) refuse(r Refusal) {
	keep := s.Refused
	if len(keep) == MaxRefused {
		keep = keep[1:]
	}
	s.Refused = append(slices.Clip(keep), RefusedSeq{Seq: s.Seq, Refusal: r})
}

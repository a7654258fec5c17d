package leaderboard

import (
	"math"
	"testing"
)

func TestRankBitsOrderAsScores(t *testing.T) {
	ascending := []float64{
		-MaxScore, -MaxScore + 1, -1.5, -1, -0.5, -math.SmallestNonzeroFloat64,
		0, math.SmallestNonzeroFloat64, 0.25, 1, 1.5, MaxScore - 1, MaxScore,
	}
	for i, low := range ascending {
		for j, high := range ascending {
			if got := rankBits(low, Asc) < rankBits(high, Asc); got != (i < j) {
				t.Errorf("asc: %v before %v: %t", low, high, got)
			}
			if got := rankBits(low, Desc) > rankBits(high, Desc); got != (i < j) {
				t.Errorf("desc: %v after %v: %t", low, high, got)
			}
		}
	}
}

func TestRankBitsTakeMinusZeroAsZero(t *testing.T) {
	for _, order := range []Order{Asc, Desc} {
		if rankBits(math.Copysign(0, -1), order) != rankBits(0, order) {
			t.Errorf("%s: -0 and 0 differ", order)
		}
	}
}

package leaderboard

import "testing"

func TestLevelsFormALattice(t *testing.T) {
	all := []Level{"", LevelMemory, LevelDisk, LevelReplica, LevelBoth}
	for _, a := range all {
		if got, err := ParseLevel(string(a)); err != nil || got != a {
			t.Errorf("%q is read as %q, %v", a, got, err)
		}
		if !LevelBoth.Covers(a) || !a.Covers(LevelMemory) || !a.Covers(a) {
			t.Errorf("%q is out of order", a)
		}
		for _, b := range all {
			join := a.With(b)
			if !join.Covers(a) || !join.Covers(b) {
				t.Errorf("%q with %q is %q", a, b, join)
			}
			for _, c := range all {
				if c.Covers(a) && c.Covers(b) && !c.Covers(join) {
					t.Errorf("%q with %q is %q, more than %q", a, b, join, c)
				}
			}
		}
	}
	if LevelDisk.Covers(LevelReplica) || LevelReplica.Covers(LevelDisk) {
		t.Error("disk and replica are not the same")
	}
	if _, err := ParseLevel("disc"); err == nil {
		t.Error("disc is no level")
	}
}

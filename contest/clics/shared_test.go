package clics_test

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"rollcall/contest/clics"
)

// contestData is a directory of whole real feeds, which are too large for the
// repository. "" means that this run has none and is on the fixture alone.
func contestData(t testing.TB) string {
	t.Helper()
	dir := cmp.Or(os.Getenv("ROLLCALL_CONTEST_DATA"), filepath.FromSlash("../../../shared/data/contests"))
	if _, err := os.Stat(dir); err != nil {
		t.Logf("no whole feeds here (ROLLCALL_CONTEST_DATA): ran on the fixture only")
		return ""
	}
	return dir
}

func readFile(t testing.TB, path string) *clics.Replay {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := clics.Events(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return r
}

func TestWholeFeedsEndInTheFinalScoreboard(t *testing.T) {
	dir := contestData(t)
	if dir == "" {
		return
	}
	for _, name := range []string{"euc2025", "wf48"} {
		t.Run(name, func(t *testing.T) {
			r := readFile(t, filepath.Join(dir, name+".ndjson"))
			wantFinal(t, r.Events, readBoard(t, filepath.Join(dir, "expected", name+".final.json")))
		})
	}
}

package client

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/wire"
)

// goldenFold is one case of static/testdata/golden, which the browser SDK
// reads too: state and frame give want, null meaning that only a snapshot
// helps.
type goldenFold struct {
	Name  string       `json:"name"`
	State *goldenState `json:"state"`
	Frame wire.Push    `json:"frame"`
	Want  *goldenState `json:"want"`
}

type goldenState struct {
	At    string          `json:"at"`
	Value json.RawMessage `json:"value"`
}

var foldOf = map[string]fold{
	wire.ViewTop: folding(FoldBoard), wire.ViewAround: folding(FoldBoard), wire.ViewMe: folding(FoldBoard),
	wire.ViewPresence: folding(FoldPresence), wire.ViewActivity: folding(FoldActivity),
}

func TestFoldsLikeTheBrowser(t *testing.T) {
	files, err := filepath.Glob("../static/testdata/golden/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []goldenFold
		if err := json.Unmarshal(text, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			t.Run(filepath.Base(file)+"/"+c.Name, func(t *testing.T) { wantFold(t, c) })
		}
	}
}

func wantFold(t *testing.T, c goldenFold) {
	fold, here := foldOf[c.Frame.View], &link{}
	f := newFeed(wire.Request{}, fold, func() {})
	f.link = here
	if c.State != nil {
		f.state, f.at = decoded(t, fold, c.State.Value), c.State.At
	}
	f.take(here, &c.Frame)
	if c.Want == nil {
		if g := f.look(); g.connected || g.err != nil || f.at != "" {
			t.Errorf("the feed does not ask for a snapshot: %+v", g)
		}
		return
	}
	if f.err != nil || f.link == nil {
		t.Fatalf("the frame does not fit: %v", f.err)
	}
	if f.at != c.Want.At {
		t.Errorf("at is %q, want %q", f.at, c.Want.At)
	}
	if got, want := canonical(t, f.state), canonical(t, decoded(t, fold, c.Want.Value)); got != want {
		t.Errorf("folded to\n%s\nwant\n%s", got, want)
	}
}

func decoded(t *testing.T, fold fold, value json.RawMessage) any {
	t.Helper()
	state, err := fold(nil, &wire.Push{Snapshot: value})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// canonical writes a state so that no list and an empty one are the same.
func canonical(t *testing.T, state any) string {
	t.Helper()
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`"cells":null`, `"cells":{}`, `s":null`, `s":[]`).Replace(string(text))
}

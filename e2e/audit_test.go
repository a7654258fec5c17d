package e2e_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rollcall/e2e/harness"
	"rollcall/wire"
)

// verb runs a verb to its end, which must have the exit code.
func verb(t *testing.T, code int, args ...string) *harness.Process {
	t.Helper()
	p := harness.Run(t, args...)
	if got := p.Exit(); got != code {
		t.Fatalf("rollcall %s: exit code %d, want %d: %s%s", strings.Join(args, " "), got, code, p.Stdout(), p.Stderr())
	}
	return p
}

// TestImportedBoardGoesOnAsTheExported: ranks, ties, version and sources are
// the same, the epoch is another, and a bot goes on where it was.
func TestImportedBoardGoesOnAsTheExported(t *testing.T) {
	hub := harness.Start(t)
	c := hub.Dial()
	newBoard(t, c, "finals", wire.Rules{Title: "The <finals>", Columns: []wire.Column{{ID: "a", Label: "A"}}})
	src := newSource(t, c, "finals", "judge")
	ev := set("ann", 5)
	ev.Cells = map[string]json.RawMessage{"a": json.RawMessage(`{"t":"<3>"}`)}
	wantApplied(t, src, ev, set("bob", 7), set("cay", 5), incr("ann", 2))
	if results, err := src.Push(bounded(t), set("dan", 1<<60)); err != nil || results[0].Status != wire.Refused {
		t.Errorf("a score out of range: %+v, %v", results, err)
	}
	wantApplied(t, src, set("eve", 7))
	file := filepath.Join(t.TempDir(), "finals.json")
	verb(t, 0, "export", "finals", "--format", "json", "-o", file, "--url", hub.URL)

	if p := verb(t, 1, "import", file, "--url", hub.URL); !strings.Contains(p.Stderr(), "exists") {
		t.Errorf("import over a board: %s", p.Stderr())
	}
	elsewhere := harness.Start(t)
	verb(t, 0, "import", file, "--url", elsewhere.URL)
	verb(t, 0, "import", file, "--board", "copy", "--url", elsewhere.URL)
	there := elsewhere.Dial()
	want := readBoard(t, c.API, "finals")
	for _, board := range []string{"finals", "copy"} {
		got := readBoard(t, there.API, board)
		if got.Epoch == want.Epoch {
			t.Error("the epoch is the same")
		}
		got.Epoch, got.Board = want.Epoch, want.Board
		if !reflect.DeepEqual(got, want) {
			t.Errorf("imported as %s: %+v, want %+v", board, got, want)
		}
	}
	state, err := there.SourceState(bounded(t), "finals", "judge")
	if err != nil || state.Seq != 6 || state.Generation != 1 {
		t.Errorf("the source stands at %+v, %v; want seq 6 of generation 1", state, err)
	}
	wantApplied(t, newSource(t, there, "finals", "judge"), set("fay", 9))
	elsewhere.Stop() // and it is durable
	elsewhere.Restart()
	if page := readBoard(t, elsewhere.Dial().API, "finals"); page.Entries[0].Member != "fay" {
		t.Errorf("after a restart: %+v", page)
	}
}

func TestBadArchiveIsRefusedAndMakesNoBoard(t *testing.T) {
	hub := harness.Start(t)
	c := hub.Dial()
	newBoard(t, c, "b", wire.Rules{})
	wantApplied(t, newSource(t, c, "b", "s"), set("ann", 5), set("bob", 7))
	file := filepath.Join(t.TempDir(), "b.json")
	verb(t, 0, "export", "b", "--format", "json", "-o", file, "--url", hub.URL)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	for why, text := range map[string]string{
		".score: must":  strings.Replace(good, `"score":7`, `"score":1e300`, 1),
		".member: must": strings.Replace(good, `"member":"ann"`, `"member":".."`, 1),
		"total":         strings.Replace(good, `"total":2`, `"total":"x"`, 1),
		"entries":       strings.Replace(good, `"total":2`, `"total":3`, 1),
		"order":         strings.Replace(good, `"order":"desc"`, `"order":"best"`, 1),
		"cut off":       good[:len(good)-20],
		"format":        "{}",
	} {
		if text == good {
			t.Fatalf("%s: nothing was changed in %s", why, good)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p := verb(t, 1, "import", file, "--board", "new", "--url", hub.URL)
		if why != "format" && !strings.Contains(p.Stderr(), why) {
			t.Errorf("%s: %s", why, p.Stderr())
		}
	}
	boards, err := c.Boards(bounded(t))
	if err != nil || len(boards) != 1 {
		t.Errorf("there are %+v, %v", boards, err)
	}
}

func TestExportedStandingsAreCSV(t *testing.T) {
	hub := harness.Start(t)
	c := hub.Dial()
	newBoard(t, c, "b", wire.Rules{Columns: []wire.Column{{ID: "p"}}})
	formula := set("=1+1", -3)
	formula.Cells = map[string]json.RawMessage{"p": json.RawMessage(`"@x"`), "other": json.RawMessage(`{"n":1}`)}
	named := set("ann", 9)
	named.Name = new("Ann, \"the\" first")
	wantApplied(t, newSource(t, c, "b", "s"), formula, named, set("bob", 9))
	p := verb(t, 0, "export", "b", "--url", hub.URL)
	lines, err := csv.NewReader(strings.NewReader(p.Stdout())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"rank", "member", "name", "group", "score", "tie", "p", "other"},
		{"1", "ann", "Ann, \"the\" first", "", "9", "2", "", ""},
		{"2", "bob", "", "", "9", "3", "", ""},
		{"3", "'=1+1", "", "", "-3", "1", "'@x", `{"n":1}`},
	}
	if !reflect.DeepEqual(lines, want) {
		t.Errorf("exported %q, want %q", lines, want)
	}
	if !strings.Contains(p.Stdout(), "\r\n") {
		t.Error("lines do not end as RFC 4180 says")
	}
}

func TestChangelogIsFollowed(t *testing.T) {
	hub := harness.Start(t)
	c := hub.Dial()
	newBoard(t, c, "b", wire.Rules{})
	src := newSource(t, c, "b", "s")
	wantApplied(t, src, set("ann", 1))
	file := filepath.Join(t.TempDir(), "b.json")
	verb(t, 0, "export", "b", "--format", "json", "-o", file, "--url", hub.URL)
	wantApplied(t, src, set("bob", 2))
	p := harness.Run(t, "export", "b", "--format", "ndjson", "--since", file, "--follow", "--url", hub.URL)
	lines := func() []string { return slices.Collect(strings.Lines(p.Stdout())) }
	awaitLines := func(n int) {
		t.Helper()
		for ctx := bounded(t); len(lines()) < n; time.Sleep(5 * time.Millisecond) {
			if ctx.Err() != nil {
				t.Fatalf("followed %q", lines())
			}
		}
	}
	awaitLines(2)
	wantApplied(t, src, set("cay", 3))
	awaitLines(3)
	p.Signal(syscall.SIGINT)
	if code := p.Exit(); code != 0 {
		t.Errorf("Ctrl-C ends it with %d: %s", code, p.Stderr())
	}
	for i, member := range []string{"after", "bob", "cay"} {
		if !strings.Contains(lines()[i], fmt.Sprintf("%q", member)) {
			t.Errorf("line %d is %s, want %s", i, lines()[i], member)
		}
	}
	whole := filepath.Join(t.TempDir(), "b.ndjson")
	verb(t, 0, "export", "b", "--format", "ndjson", "-o", whole, "--url", hub.URL)
	raw, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(strings.Lines(string(raw)))
	if len(all) != 4 || !strings.Contains(all[0], `"version":0`) || !strings.Contains(all[1], `"ann"`) || all[2] != lines()[1] {
		t.Errorf("without a beginning: %q", all)
	}
}

// TestVerifyFindsNothingWhereNothingIs, also while the board changes, from now
// and from an earlier export.
func TestVerifyFindsNothingWhereNothingIs(t *testing.T) {
	hub := harness.Start(t)
	c := hub.Dial()
	newBoard(t, c, "numbered", wire.Rules{})
	file := filepath.Join(t.TempDir(), "b.json")
	verb(t, 0, "export", "numbered", "--format", "json", "-o", file, "--url", hub.URL)
	src := newSource(t, c, "numbered", "bot")
	bot := newFilling(t, "numbered", src.Push)
	stop := make(chan struct{})
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				bot.beat()
			}
		}
	}()
	now := verb(t, 0, "verify", "numbered", "--for", "500ms", "--url", hub.URL)
	since := verb(t, 0, "verify", "numbered", "--since", file, "--url", hub.URL)
	close(stop)
	<-beating
	for _, p := range []*harness.Process{now, since} {
		if !strings.Contains(p.Stdout(), "nothing differs") || strings.Contains(p.Stdout(), ": 0 batches") || !strings.Contains(p.Stdout(), "goes back to version 0") {
			t.Errorf("verify says %s", p.Stdout())
		}
	}
	bot.end(t, c.API)
}

// TestOutputIsThereWholeOrNotAtAll: what stands under the name stays until the
// new file is complete.
func TestOutputIsThereWholeOrNotAtAll(t *testing.T) {
	hub := harness.Start(t)
	newBoard(t, hub.Dial(), "b", wire.Rules{})
	dir := t.TempDir()
	file := filepath.Join(dir, "b.json")
	writeFile(t, file, "old")
	is := func(want string) {
		t.Helper()
		raw, err := os.ReadFile(file)
		list, _ := os.ReadDir(dir)
		if err != nil || len(list) != 1 || !strings.Contains(string(raw), want) {
			t.Errorf("there is %v, %s, %v; want %q", list, raw, err, want)
		}
	}
	verb(t, 1, "export", "none", "-o", file, "--url", hub.URL)
	is("old")
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"format":"rollcall.archive.v1","head":{},"rules":{},"total":1,"entries":[`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer slow.Close()
	for _, format := range []string{"csv", "json"} {
		p := harness.Run(t, "export", "b", "--format", format, "-o", file, "--url", slow.URL)
		for ctx := bounded(t); ; time.Sleep(5 * time.Millisecond) {
			if list, _ := os.ReadDir(dir); len(list) == 2 {
				break
			}
			if ctx.Err() != nil {
				t.Fatal("nothing is being written")
			}
		}
		p.Signal(syscall.SIGINT)
		if code := p.Exit(); code != 1 {
			t.Errorf("Ctrl-C ends it with %d: %s", code, p.Stderr())
		}
		is("old")
	}
	verb(t, 0, "export", "b", "--format", "json", "-o", file, "--url", hub.URL)
	is("rollcall.archive.v1")
	if p := verb(t, 1, "export", "b", "-o", filepath.Join(dir, "no", "b.csv"), "--url", hub.URL); !strings.Contains(p.Stderr(), "--output") {
		t.Errorf("where nothing can be written: %s", p.Stderr())
	}
}

package e2e_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// TestDamagedDataIsRefusedOrHarmless flips a byte of every file of a stopped
// hub's data, at every 97th place or every ROLLCALL_E2E_DAMAGE_STEP'th, and
// starts a hub on it. It says what is wrong and leaves the files as they were,
// or it has lost nothing.
func TestDamagedDataIsRefusedOrHarmless(t *testing.T) {
	good := newData(t)
	places := placesIn(t, good.dir, damageStep(t))
	var mu sync.Mutex
	refused, harmless := map[string]int{}, map[string]int{}
	harness.Each(2, len(places), func(i int) {
		p := places[i]
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(good.dir)); err != nil {
			t.Error(err)
			return
		}
		flip(t, filepath.Join(dir, p.file), p.offset)
		before := sums(t, dir)
		started := good.startOn(t, dir, p.String())
		kind := strings.TrimRight(p.file, "0123456789")
		mu.Lock()
		defer mu.Unlock()
		if started {
			harmless[kind]++
			return
		}
		refused[kind]++
		if after := sums(t, dir); !reflect.DeepEqual(before, after) {
			t.Errorf("%v: the hub refused to start and changed the files: %v, were %v", p, names(after), names(before))
		}
	})
	t.Logf("of %d flipped bytes were refused %v; harmless were %v", len(places), refused, harmless)
	if len(refused) == 0 {
		t.Error("nothing was refused")
	}
}

// TestDataWithoutAFileIsRefusedOrHarmless takes each file away.
func TestDataWithoutAFileIsRefusedOrHarmless(t *testing.T) {
	good := newData(t)
	for _, name := range names(sums(t, good.dir)) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(good.dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		before := sums(t, dir)
		started := good.startOn(t, dir, "without "+name)
		if !started && !reflect.DeepEqual(before, sums(t, dir)) {
			t.Errorf("without %s the hub refused to start and changed the files: %v, were %v", name, names(sums(t, dir)), names(before))
		}
		t.Logf("without %s it starts: %v", name, started)
	}
}

// data is the directory of a stopped hub, and what is in it.
type data struct {
	dir   string
	board wire.BoardPage
	state wire.SourceState
}

// newData is of two runs, so that there are logs and tables.
func newData(t *testing.T) data {
	t.Helper()
	hub := harness.Start(t)
	c := hub.Dial(client.Name("ann"))
	newBoard(t, c, "b", wire.Rules{Title: "The finals"})
	src := newSource(t, c, "b", "judge")
	push := func(from int) {
		t.Helper()
		for k := from; k < from+20; k++ {
			ev := set(fmt.Sprintf("m%02d", k%30), float64(k))
			ev.Cells = map[string]json.RawMessage{"a": json.RawMessage(strconv.Itoa(k))}
			wantApplied(t, src, ev)
		}
	}
	if err := c.Join(bounded(t), "hall"); err != nil {
		t.Fatal(err)
	}
	push(0)
	hub.Stop()
	hub.Restart()
	push(20)
	d := data{dir: hub.Dir, board: readBoard(t, c.API, "b")}
	var err error
	if d.state, err = c.SourceState(bounded(t), "b", "judge"); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	hub.Stop()
	return d
}

// startOn starts a hub on a copy of the data, damaged in some way. It must
// refuse by name, or have all that was there.
func (d data) startOn(t *testing.T, dir, how string) (started bool) {
	t.Helper()
	p := harness.Run(t, "serve", "--listen", "127.0.0.1:0", "--data", dir)
	page := p.Line("participants")
	if page == "" {
		if code := p.Exit(); code != 1 || !strings.Contains(p.Stderr(), "rollcall: --data "+dir+": ") || strings.Contains(p.Stderr(), "panic") {
			t.Errorf("%s: exit code %d: %s", how, code, p.Stderr())
		}
		return false
	}
	defer p.Kill()
	var board wire.BoardPage
	var state wire.SourceState
	read(t, page+"v1/boards/b?limit=1000", &board)
	read(t, page+"v1/boards/b/sources/judge", &state)
	if !reflect.DeepEqual(board, d.board) || !reflect.DeepEqual(state, d.state) {
		t.Errorf("%s: the hub started with something else:\n%+v %+v, want\n%+v %+v", how, board, state, d.board, d.state)
	}
	return true
}

func read(t *testing.T, url string, into any) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%s: %s, %v", url, res.Status, err)
	}
}

// place is a byte of a file.
type place struct {
	file   string
	offset int
}

func (p place) String() string { return fmt.Sprintf("byte %d of %s", p.offset, p.file) }

// placesIn is every step'th byte of each file, from another one in each, and
// its last.
func placesIn(t *testing.T, dir string, step int) (all []place) {
	t.Helper()
	for i, name := range names(sums(t, dir)) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		size := int(info.Size())
		for at := i % step; at < size-1; at += step {
			all = append(all, place{name, at})
		}
		if size > 0 {
			all = append(all, place{name, size - 1})
		}
	}
	return all
}

func damageStep(t *testing.T) int {
	t.Helper()
	text := os.Getenv("ROLLCALL_E2E_DAMAGE_STEP")
	if text == "" {
		return 97
	}
	step, err := strconv.Atoi(text)
	if err != nil || step < 1 {
		t.Fatalf("ROLLCALL_E2E_DAMAGE_STEP is %q; it must be a number from 1", text)
	}
	return step
}

func flip(t *testing.T, path string, offset int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		b[offset] ^= 0xff
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

// sums are the files of a directory and what is in them.
func sums(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	all := map[string][32]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return all
}

func names(all map[string][32]byte) (list []string) {
	for name := range all {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

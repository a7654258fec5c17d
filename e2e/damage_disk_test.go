package e2e_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// TestFullDiskIsServedReadOnly: a disk that is full costs writes, not reads,
// and nothing that was acknowledged.
func TestFullDiskIsServedReadOnly(t *testing.T) {
	dir := smallDisk(t)
	hub := harness.StartNode(t, "--data", dir)
	o := newOutage(t, hub)
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	o.untilReadOnly()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	o.wantReadOnly() // until it is opened again: what did reach the disk, nobody knows
	hub.Stop()
	hub.Restart()
	o.wantAllAndMore()
}

// TestFailedSyncIsServedReadOnly: fsync fails from some moment on, as on a disk
// that dies.
func TestFailedSyncIsServedReadOnly(t *testing.T) {
	hub := harness.Start(t)
	o := newOutage(t, hub)
	heal := failSyncs(t, hub)
	o.untilReadOnly()
	heal()
	o.wantReadOnly()
	hub.Stop()
	hub.Restart()
	o.wantAllAndMore()
}

func TestDirectoryThatCannotBeWrittenIsRefused(t *testing.T) {
	dir := readOnlyDir(t)
	p := harness.Run(t, "serve", "--listen", "127.0.0.1:0", "--data", dir)
	if code := p.Exit(); code != 1 || !strings.Contains(p.Stderr(), "rollcall: --data "+dir+": ") {
		t.Errorf("exit code %d: %s", code, p.Stderr())
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	p = harness.Run(t, "serve", "--listen", "127.0.0.1:0", "--data", file)
	if code := p.Exit(); code != 1 || !strings.Contains(p.Stderr(), "rollcall: --data "+file+": ") || !strings.Contains(p.Stderr(), "not a directory") {
		t.Errorf("exit code %d: %s", code, p.Stderr())
	}
}

// TestDataOfAnotherVersionIsRefused: what a newer rollcall, or another program,
// has written is not touched.
func TestDataOfAnotherVersionIsRefused(t *testing.T) {
	good := newData(t)
	for name, write := range map[string]func(*pebble.DB) error{
		"another version": func(db *pebble.DB) error {
			return db.Set([]byte("F"), binary.AppendUvarint(nil, 99), pebble.Sync)
		},
		"another program": func(db *pebble.DB) error {
			return errors.Join(db.Delete([]byte("F"), pebble.Sync), db.Set([]byte("theirs"), nil, pebble.Sync))
		},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(good.dir)); err != nil {
			t.Fatal(err)
		}
		db, err := pebble.Open(dir, &pebble.Options{FormatMajorVersion: pebble.FormatTableFormatV6, Logger: quiet{}})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(write(db), db.Close()); err != nil {
			t.Fatal(err)
		}
		before := sums(t, dir)
		p := harness.Run(t, "serve", "--listen", "127.0.0.1:0", "--data", dir)
		if code := p.Exit(); code != 1 || !strings.Contains(p.Stderr(), "another format") {
			t.Errorf("%s: exit code %d: %s", name, code, p.Stderr())
		}
		if after := sums(t, dir); !reflect.DeepEqual(before, after) {
			t.Errorf("%s: the files were changed: %v, were %v", name, names(after), names(before))
		}
	}
}

// quiet drops what Pebble says of itself.
type quiet struct{ pebble.Logger }

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// outage is a board through a failure of its disk.
type outage struct {
	t     *testing.T
	hub   *harness.Hub
	acked int
}

func newOutage(t *testing.T, hub *harness.Hub) *outage {
	t.Helper()
	newBoard(t, hub.Dial(), "b", wire.Rules{})
	o := &outage{t: t, hub: hub}
	for range 50 {
		if code := o.push(o.acked); code != "" {
			t.Fatalf("event %d: %s", o.acked, code)
		}
		o.acked++
	}
	return o
}

// push pushes an event of 4 KiB once, and returns the code of its refusal.
func (o *outage) push(k int) wire.Code {
	o.t.Helper()
	wide := strings.Repeat("x", 500)
	ev := set(fmt.Sprintf("m%05d", k), float64(k))
	ev.ID = fmt.Sprintf("e%05d", k)
	ev.Cells = map[string]json.RawMessage{}
	for i := range 8 {
		ev.Cells[fmt.Sprint(i)] = json.RawMessage(`"` + wide + `"`)
	}
	body, err := json.Marshal(ev)
	if err != nil {
		o.t.Fatal(err)
	}
	res, err := http.Post(o.hub.URL+"/v1/boards/b/events", "application/json", bytes.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		wire.Results
		wire.Failure
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		o.t.Fatal(err)
	}
	switch {
	case answer.Error != nil:
		return answer.Error.Code
	case len(answer.Results.Results) != 1:
		o.t.Fatalf("answered %+v", answer)
	case answer.Results.Results[0].Error != nil:
		return answer.Results.Results[0].Error.Code
	}
	return ""
}

// untilReadOnly pushes until the store takes no more.
func (o *outage) untilReadOnly() {
	o.t.Helper()
	ctx := bounded(o.t)
	for ctx.Err() == nil {
		switch code := o.push(o.acked); code {
		case "":
			o.acked++
		case wire.Unavailable:
			o.t.Logf("after %d events the store takes no more", o.acked)
			o.wantReadOnly()
			return
		default:
			o.t.Fatalf("event %d is refused with %s", o.acked, code)
		}
	}
	o.t.Fatal("the store takes everything")
}

// wantReadOnly checks that reads go on, writes do not, and that it is told.
func (o *outage) wantReadOnly() {
	o.t.Helper()
	for range 3 {
		if code := o.push(o.acked); code != wire.Unavailable {
			o.t.Errorf("a push is answered %q, want unavailable", code)
		}
	}
	o.wantBoard(o.acked)
	ctx := bounded(o.t)
	for !o.saysReadOnly() {
		if ctx.Err() != nil {
			o.t.Fatal("/readyz does not say that the store takes no writes")
		}
		o.push(o.acked)
	}
}

// saysReadOnly reports whether /readyz says that the store takes no writes.
func (o *outage) saysReadOnly() bool {
	o.t.Helper()
	res, err := http.Get(o.hub.URL + "/readyz")
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var ready struct{ Status, Store string }
	if err := json.NewDecoder(res.Body).Decode(&ready); err != nil {
		o.t.Fatal(err)
	}
	return ready.Status == "degraded" && ready.Store != ""
}

func (o *outage) wantBoard(total int) {
	o.t.Helper()
	page, err := o.hub.Dial().Board(bounded(o.t), "b", client.BoardQuery{Limit: 1})
	if err != nil || page.Total != total || page.Entries[0].Score != float64(total-1) {
		o.t.Errorf("the board has %d entries, want %d; %v", page.Total, total, err)
	}
}

// wantAllAndMore checks that what was acknowledged is there, and that the event
// which was not counts once now.
func (o *outage) wantAllAndMore() {
	o.t.Helper()
	page, err := o.hub.Dial().Board(bounded(o.t), "b", client.BoardQuery{Limit: 1})
	if err != nil || page.Total < o.acked || page.Total > o.acked+1 {
		o.t.Fatalf("after the restart the board has %d entries of %d acknowledged; %v", page.Total, o.acked, err)
	}
	for range 2 {
		if code := o.push(o.acked); code != "" {
			o.t.Errorf("after the restart a push is refused with %s", code)
		}
	}
	o.acked++
	o.wantBoard(o.acked)
}

// smallDisk is a file system of a few megabytes.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m,mode=0700"); err != nil {
		t.Fatalf("mount a small file system: %v (run this as root)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill writes until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for block := 1 << 20; block >= 1; block /= 16 {
		for err == nil {
			_, err = f.Write(make([]byte, block))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		err = nil
	}
}

// readOnlyDir is one that this user, also root, cannot write to.
func readOnlyDir(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dir := smallDisk(t)
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	return dir
}

// failSyncs makes every fsync of a hub fail from now on, until heal.
func failSyncs(t *testing.T, hub *harness.Hub) (heal func()) {
	t.Helper()
	cmd := exec.Command("strace", "-f", "-p", fmt.Sprint(hub.Pid()), "-o", "/dev/null",
		"-e", "trace=fsync,fdatasync,sync_file_range", "-e", "inject=fsync,fdatasync,sync_file_range:error=EIO")
	said := &told{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatalf("strace: %v (it is Debian's package strace)", err)
	}
	heal = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it lets go of the hub
		_ = cmd.Wait()
	}
	t.Cleanup(heal)
	for ctx := bounded(t); !strings.Contains(said.String(), "attached"); time.Sleep(time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatalf("strace does not attach: %s", said)
		}
	}
	return heal
}

// told is what a process has written so far.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (w *told) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *told) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

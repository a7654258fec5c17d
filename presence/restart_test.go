package presence_test

import (
	"context"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/presence"
	"rollcall/presence/memroster"
)

// disk is a journal that outlives the rosters of a test.
type disk struct {
	mu      sync.Mutex
	records map[string][]byte
}

func (d *disk) Save(_ context.Context, puts map[string][]byte, dels []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.records == nil {
		d.records = make(map[string][]byte)
	}
	maps.Copy(d.records, puts)
	for _, key := range dels {
		delete(d.records, key)
	}
	return nil
}

func (d *disk) Load(_ context.Context, prefix string, yield func(key string, val []byte) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, val := range d.records {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if err := yield(key, val); err != nil {
			return err
		}
	}
	return nil
}

// copied is the disk as a killed process leaves it.
func (d *disk) copied() *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &disk{records: maps.Clone(d.records)}
}

// newJournaled starts a node on a journal; its roster is closed after its
// tracker.
func newJournaled(t *testing.T, d *disk, node string) *bench {
	t.Helper()
	mem := newMem(t, memroster.Config{Journal: d})
	t.Cleanup(func() { closeRoster(t, mem) })
	return newBench(t, mem, node)
}

func closeRoster(t *testing.T, mem *memroster.Roster) {
	t.Helper()
	if err := mem.Close(context.Background()); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestRestartFlapsNobodyWhoReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		old := newJournaled(t, d, "old")
		old.enter("s1", "r", "returns")
		old.enter("s2", "r", "stays away")
		pass(14 * time.Second)
		before, err := old.mem.Page(t.Context(), "r", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		beat := old.start.Add(10 * time.Second)
		old.stop()
		closeRoster(t, old.mem)
		pass(time.Second)

		b := newJournaled(t, d, "new")
		b.wantCount("r", 2)
		pass(29 * time.Second)
		b.enter("s3", "r", "returns")
		pass(900 * time.Millisecond)
		b.wantSaid()
		pass(2 * time.Minute)
		b.wantSaid("-r/stays away@30")
		after, err := b.mem.Page(t.Context(), "r", "", 10)
		if err != nil || len(after.Users) != 1 || after.Users[0] != before.Users[0] {
			t.Errorf("the room shows %+v (%v), want %+v as before", after.Users, err, before.Users[0])
		}
		gone, err := b.mem.User(t.Context(), "stays away")
		if err != nil || !gone.LastSeen.Equal(beat.Truncate(time.Minute)) {
			t.Errorf("last seen %v (%v), want the last beat %v to the minute", gone.LastSeen, err, beat)
		}
	})
}

func TestReturnFromARestartThenLeavesAsUsual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		old := newJournaled(t, d, "old")
		old.enter("s1", "r", "u")
		pass(time.Second)
		old.stop()
		closeRoster(t, old.mem)

		b := newJournaled(t, d, "new")
		pass(time.Second)
		b.enter("s2", "r", "u")
		pass(time.Second)
		b.ExitAll("s2", presence.Going)
		pass(3*time.Second + batch)
		b.wantSaid("-r/u@5")
	})
}

func TestKilledNodeKeepsWhoCameASecondBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		old := newJournaled(t, d, "old")
		pass(10*time.Second + 500*time.Millisecond)
		old.enter("s1", "r", "came a second before")
		pass(1100 * time.Millisecond)
		old.enter("s2", "r", "came just before")
		pass(100 * time.Millisecond)
		left := d.copied() // kill -9

		b := newJournaled(t, left, "new")
		b.wantCount("r", 1)
		b.enter("s3", "r", "came a second before")
		b.enter("s4", "r", "came just before")
		pass(time.Minute)
		b.wantSaid("+r/came just before@0")
	})
}

func TestKilledNodeKeepsTheBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		old := newJournaled(t, d, "old")
		old.enter("s1", "r", "u")
		pass(10 * time.Minute)
		left := d.copied() // kill -9

		b := newJournaled(t, left, "new")
		pass(31 * time.Second)
		b.wantSaid("-r/u@30")
		state, err := b.mem.User(t.Context(), "u")
		want := old.start.Add(10*time.Minute - 20*time.Second)
		if err != nil || state.Online || state.LastSeen.Before(want.Truncate(time.Minute)) {
			t.Errorf("%+v (%v), want offline and last seen after %v", state, err, want)
		}
	})
}

func TestVersionsGoOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		old := newJournaled(t, d, "old")
		old.enter("s1", "r", "u")
		pass(2 * time.Second)
		before, err := old.mem.Page(t.Context(), "r", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		old.stop()
		closeRoster(t, old.mem)

		mem := newMem(t, memroster.Config{Journal: d})
		defer closeRoster(t, mem)
		made, err := mem.Join(t.Context(), "new", []presence.Join{join("r", "v", false)})
		if err != nil || len(made) != 1 || made[0].Prev != before.Version || made[0].Version <= made[0].Prev {
			t.Errorf("%+v (%v), want a version after %d", made, err, before.Version)
		}
	})
}

func TestDeadNodesUsersLeaveWithin32Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := newMem(t, memroster.Config{})
		dead := newBench(t, mem, "dead")
		b := newBench(t, mem, "alive")
		dead.enter("s1", "r", "gone")
		dead.enter("s2", "r", "moved")
		pass(19 * time.Second)
		dead.stop()
		b.enter("s3", "r", "moved")
		pass(time.Minute)
		b.wantSaid("-r/gone@40") // the last beat was at 10
	})
}

func TestSuspendedProcessLosesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var skew atomic.Int64
		mem := newMem(t, memroster.Config{Now: func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }})
		b := newBench(t, mem, "node-1")
		b.enter("s1", "r", "u")
		pass(5 * time.Second)
		skew.Add(int64(10 * time.Minute))
		pass(5 * time.Minute)
		skew.Add(-int64(20 * time.Minute))
		pass(5 * time.Minute)
		b.wantSaid("+r/u@0")
	})
}

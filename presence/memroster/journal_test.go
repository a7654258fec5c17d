package memroster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/presence"
)

// disk is a journal that can fail.
type disk struct {
	mu      sync.Mutex
	fails   bool
	records map[string][]byte
	saves   []int // records of each Save
}

func (d *disk) Save(ctx context.Context, puts map[string][]byte, dels []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails {
		return errors.New("disk full")
	}
	if d.records == nil {
		d.records = make(map[string][]byte)
	}
	d.saves = append(d.saves, len(puts)+len(dels))
	maps.Copy(d.records, puts)
	for _, key := range dels {
		delete(d.records, key)
	}
	return ctx.Err()
}

func (d *disk) Load(_ context.Context, prefix string, yield func(key string, val []byte) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, val := range d.records {
		if strings.HasPrefix(key, prefix) {
			if err := yield(key, val); err != nil {
				return err
			}
		}
	}
	return nil
}

// counts returns the number of records, and of those in each Save.
func (d *disk) counts() (records int, saves []int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.records), slices.Clone(d.saves)
}

func (d *disk) setFails(fails bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = fails
}

func at(room, user string) presence.Place { return presence.Place{Room: room, User: user} }

func (r *Roster) mustJoin(tb testing.TB, node string, places ...presence.Place) []presence.Transition {
	tb.Helper()
	joins := make([]presence.Join, len(places))
	for i, p := range places {
		joins[i].Place = p
	}
	made, err := r.Join(tb.Context(), node, joins)
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

func (r *Roster) mustLeave(tb testing.TB, node string, places ...presence.Place) {
	tb.Helper()
	if _, err := r.Leave(tb.Context(), node, places); err != nil {
		tb.Fatal(err)
	}
}

func TestQuietRosterWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		r := newRoster(t, Config{Journal: d})
		r.mustJoin(t, "n", at("r", "u"))
		time.Sleep(time.Hour)
		synctest.Wait()
		if _, saves := d.counts(); len(saves) != 1 {
			t.Errorf("%d saves for one join, want 1", len(saves))
		}
	})
}

func TestBeatsAreJournaledEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		r := newRoster(t, Config{Journal: d})
		r.mustJoin(t, "n", at("r", "u"))
		for range 60 {
			time.Sleep(time.Second)
			if _, err := r.Refresh(t.Context(), "n", []presence.Place{at("r", "u")}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if _, saves := d.counts(); len(saves) < 6 || len(saves) > 7 {
			t.Errorf("%d saves in a minute of beats, want one each ten seconds and the join", len(saves))
		}
	})
}

func TestCloseJournalsTheLastBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		r := newRoster(t, Config{Journal: d})
		r.mustJoin(t, "n", at("r", "u"))
		time.Sleep(15 * time.Second)
		if _, err := r.Refresh(t.Context(), "n", []presence.Place{at("r", "u")}); err != nil {
			t.Fatal(err)
		}
		beat := time.Now().UnixMicro()
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		again := newRoster(t, Config{Journal: d})
		if got := again.rooms["r"].members["u"].beat; got != beat {
			t.Errorf("the beat is %d after a restart, want %d", got, beat)
		}
	})
}

func TestSavesAreChunked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		r := newRoster(t, Config{Journal: d})
		for i := range 2_500 {
			r.mustJoin(t, "n", at("r", fmt.Sprint("u", i)))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if records, saves := d.counts(); len(saves) != 3 || records != 2_501 {
			t.Errorf("saves %v, %d records; want three, of all users and the room", saves, records)
		}
	})
}

func TestFailingJournalCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{fails: true}
		r := newRoster(t, Config{Journal: d})
		r.mustJoin(t, "n", at("r", "stays"), at("r", "goes"))
		time.Sleep(time.Minute)
		r.mustLeave(t, "n", at("r", "goes"))
		time.Sleep(time.Minute)
		d.setFails(false)
		time.Sleep(time.Second)
		synctest.Wait()

		again := newRoster(t, Config{Journal: d})
		page, err := again.Page(t.Context(), "r", "", 10)
		if err != nil || len(page.Users) != 1 || page.Users[0].User != "stays" {
			t.Errorf("journaled %+v (%v), want the one who stays", page.Users, err)
		}
	})
}

func TestPendingIsBoundedWhileTheJournalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{fails: true}
		r := newRoster(t, Config{Journal: d, PendingMax: 100})
		for i := range 1000 {
			r.mustJoin(t, "n", at("r", fmt.Sprint("u", i)))
			r.mustLeave(t, "n", at("r", fmt.Sprint("u", i)))
		}
		time.Sleep(time.Minute)
		r.mu.Lock()
		n := len(r.pending)
		r.mu.Unlock()
		if n > 100 {
			t.Errorf("%d changes wait, want at most 100", n)
		}
		d.setFails(false)
		time.Sleep(2 * time.Second)
	})
}

func TestLastSeenSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		r := newRoster(t, Config{Journal: d})
		seen := time.Now()
		r.mustJoin(t, "n", at("r", "u"))
		r.mustLeave(t, "n", at("r", "u"))
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		again := newRoster(t, Config{Journal: d})
		state, err := again.User(t.Context(), "u")
		if err != nil || state.Online || !state.LastSeen.Equal(seen.Truncate(time.Minute)) {
			t.Errorf("%+v (%v), want last seen %v to the minute", state, err, seen)
		}
	})
}

func TestLastSeenIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		r := newRoster(t, Config{Journal: d, SeenMax: 3})
		for i := range 10 {
			r.mustJoin(t, "n", at("r", fmt.Sprint("u", i)))
			r.mustLeave(t, "n", at("r", fmt.Sprint("u", i)))
		}
		time.Sleep(2 * time.Second)
		if _, err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		again := newRoster(t, Config{Journal: d})
		if len(r.users) != 3 || len(again.users) != 3 || again.users["u9"] == nil {
			t.Errorf("%d users known, %d after a restart; want the last three", len(r.users), len(again.users))
		}
	})
}

func TestEmptyRoomsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		r := newRoster(t, Config{Journal: d})
		r.mustJoin(t, "n", at("kept", "u"), at("empty", "u"))
		r.mustLeave(t, "n", at("empty", "u"))
		time.Sleep(25 * time.Hour)
		if _, err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		again := newRoster(t, Config{Journal: d})
		if len(r.rooms) != 1 || len(again.rooms) != 1 {
			t.Errorf("%d rooms known, %d after a restart; want the one with a user", len(r.rooms), len(again.rooms))
		}
	})
}

func TestDamagedJournalIsAnError(t *testing.T) {
	for key, val := range map[string]string{
		item{kind: memberItem, room: "r", user: "u"}.key(): `{"room":`,
		prefix + "other/x": `{}`,
	} {
		d := &disk{records: map[string][]byte{key: []byte(val)}}
		if _, err := New(t.Context(), Config{Journal: d}); err == nil || !strings.Contains(err.Error(), "record") {
			t.Errorf("New on %q = %v, want an error that names the record", key, err)
		}
	}
}

func TestClosedRosterRefuses(t *testing.T) {
	r := newRoster(t, Config{})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if _, err := r.Join(t.Context(), "n", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("join: %v, want ErrClosed", err)
	}
	if _, err := r.Page(t.Context(), "r", "", 1); !errors.Is(err, ErrClosed) {
		t.Errorf("page: %v, want ErrClosed, never an empty room", err)
	}
}

func FuzzKeysAreInjective(f *testing.F) {
	f.Add("a", "b", "ab", "")
	f.Add("1", "1/1", "11", "/1")
	f.Fuzz(func(t *testing.T, room1, user1, room2, user2 string) {
		one, two := item{memberItem, room1, user1}, item{memberItem, room2, user2}
		if (one == two) != (one.key() == two.key()) {
			t.Errorf("%+v and %+v have keys %q and %q", one, two, one.key(), two.key())
		}
	})
}

package hub

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"rollcall/wire"
)

func TestLoadsAreRatesOverTheLastTenSeconds(t *testing.T) {
	ls := newLoads(&queues{lines: map[string]*line{"b": {events: 7}}})
	at := func(second int) time.Time { return time.Unix(1_000_000+int64(second), 5) }
	ls.note("b", 30, time.Second, at(0))
	ls.note("b", 20, time.Second, at(0))
	for _, tc := range []struct {
		second int
		want   []wire.BoardLoad
	}{
		{0, []wire.BoardLoad{}}, // the second is not over
		{1, []wire.BoardLoad{{Board: "b", Rate: 5, Queued: 7, Busy: 0.2}}},
		{5, []wire.BoardLoad{{Board: "a", Rate: 5, Busy: 0.01}, {Board: "b", Rate: 5, Queued: 7, Busy: 0.2}}}, // equal: by name
		{10, []wire.BoardLoad{{Board: "a", Rate: 5, Busy: 0.01}, {Board: "b", Rate: 5, Queued: 7, Busy: 0.2}}},
		{11, []wire.BoardLoad{{Board: "a", Rate: 5, Busy: 0.01}}},
		{15, []wire.BoardLoad{}},
	} {
		if tc.second == 5 {
			ls.note("a", 50, 100*time.Millisecond, at(4))
		}
		if got := ls.hottest(at(tc.second)); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("after %d s: %+v, want %+v", tc.second, got, tc.want)
		}
	}
	ls.hottest(at(100))
	if len(ls.boards) != 0 {
		t.Errorf("%d boards are remembered", len(ls.boards))
	}
}

func TestTheHottestTenAreTold(t *testing.T) {
	ls := newLoads(&queues{})
	for i := range 15 {
		ls.note(fmt.Sprint(i), i+1, 0, time.Unix(100, 0))
	}
	hot := ls.hottest(time.Unix(101, 0))
	if len(hot) != hotBoards || hot[0].Board != "14" || hot[9].Board != "5" {
		t.Errorf("hottest are %+v", hot)
	}
}

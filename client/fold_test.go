package client

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"rollcall/wire"
)

func TestFoldBoardKeepsAbsentFields(t *testing.T) {
	cells := map[string]json.RawMessage{"A": json.RawMessage("1")}
	before := wire.BoardSnapshot{Board: "finals", Version: 1, Total: 3, Entries: []wire.Entry{
		{Rank: 1, Member: "ann", Name: "Ann", Score: 30, Cells: cells},
		{Rank: 2, Member: "bob", Score: 20},
		{Rank: 3, Member: "cem", Score: 10},
	}}
	was := fmt.Sprint(before)
	after, ok := FoldBoard(before, wire.BoardDelta{Version: 5, Total: 4, Frozen: true, Gone: []string{"bob"}, Entries: []wire.EntryDelta{
		{Rank: 2, Member: "ann"},
		{Rank: 1, Member: "dia", Name: new("Dia"), Group: new("CSE"), Score: new(99.0), Tie: new(int64(7)), Cells: map[string]json.RawMessage{}},
		{Rank: 2, Member: "cem", Score: new(30.0)},
	}})
	want := wire.BoardSnapshot{Board: "finals", Version: 5, Total: 4, Frozen: true, Entries: []wire.Entry{
		{Rank: 1, Member: "dia", Name: "Dia", Group: "CSE", Score: 99, Tie: 7, Cells: map[string]json.RawMessage{}},
		{Rank: 2, Member: "ann", Name: "Ann", Score: 30, Cells: cells},
		{Rank: 2, Member: "cem", Score: 30},
	}}
	if !ok || !reflect.DeepEqual(after, want) {
		t.Errorf("folded to %+v", after)
	}
	if fmt.Sprint(before) != was {
		t.Error("the state that was folded onto has changed")
	}
}

func TestFoldBoardRefusesAMoveOfTheUnknown(t *testing.T) {
	if _, ok := FoldBoard(wire.BoardSnapshot{}, moved(2, "ann", 1)); ok {
		t.Error("a member without a score was made up")
	}
}

func TestFoldPresenceSetsAndRemoves(t *testing.T) {
	before := wire.PresenceSnapshot{Room: "hall", Mode: wire.ModeFull, Count: 2, Users: []wire.User{{User: "ann"}, {User: "cem"}}}
	after, _ := FoldPresence(before, wire.PresenceDelta{
		Version: 9, Count: 2, Degraded: true, Left: []string{"ann", "nobody"},
		Users: []wire.User{{User: "bob", Name: "Bob"}, {User: "cem", Away: true}},
	})
	want := wire.PresenceSnapshot{
		Room: "hall", Mode: wire.ModeFull, Version: 9, Count: 2, Degraded: true,
		Users: []wire.User{{User: "bob", Name: "Bob"}, {User: "cem", Away: true}},
	}
	if !reflect.DeepEqual(after, want) {
		t.Errorf("folded to %+v", after)
	}
}

func TestFoldActivityKeepsTheLatest(t *testing.T) {
	var s wire.ActivitySnapshot
	for v := uint64(1); v <= 60; v++ {
		s, _ = FoldActivity(s, wire.ActivitySnapshot{Version: v, Items: []wire.Activity{{Version: v}}})
	}
	if s.Version != 60 || len(s.Items) != maxActivity || s.Items[0].Version != 11 || s.Items[49].Version != 60 {
		t.Errorf("folded to version %d, %d items from %d", s.Version, len(s.Items), s.Items[0].Version)
	}
}

package leaderboard

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMemberIDsEqualMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	ids, model := newMemberIDs(), map[string]uint32{}
	name := func() string {
		i := rng.IntN(4000)
		return fmt.Sprintf("%d%s", i, strings.Repeat("x", i%60*i%97))
	}
	for step := range 60_000 {
		id := name()
		member, known := ids.lookup(id)
		if want, ok := model[id]; ok != known || ok && want != member {
			t.Fatalf("step %d: lookup %q: %d, %t, want %d, %t", step, id, member, known, want, ok)
		}
		switch {
		case known && rng.IntN(2) == 0:
			ids.remove(member)
			delete(model, id)
		case !known:
			model[id] = ids.add(id)
		}
	}
	if ids.len() != len(model) {
		t.Fatalf("%d members, want %d", ids.len(), len(model))
	}
	numbers := map[uint32]bool{}
	for member := range ids.members() {
		numbers[member] = true
	}
	for id, member := range model {
		if ids.id(member) != id || !numbers[member] {
			t.Fatalf("number %d is %q, want %q", member, ids.id(member), id)
		}
	}
	if len(numbers) != len(model) {
		t.Fatalf("members yields %d numbers, want %d", len(numbers), len(model))
	}
}

func TestMemberNumbersAreGivenAgain(t *testing.T) {
	ids := newMemberIDs()
	for i := range 10_000 {
		ids.remove(ids.add(fmt.Sprint(i)))
	}
	if ids.next != 1 {
		t.Errorf("%d numbers given for one member at a time", ids.next)
	}
}

func TestArenaIsHalfInUseAfterAnyChurn(t *testing.T) {
	const kept = 20_000
	ids := newMemberIDs()
	for i := range kept {
		ids.add(fmt.Sprintf("kept-%d", i))
	}
	for i := range 10 * kept { // the same, one at a time, over and over
		ids.remove(ids.add(fmt.Sprintf("guest-%d", i)))
	}
	for i := 0; i < kept; i++ {
		if i%10 != 0 {
			member, _ := ids.lookup(fmt.Sprintf("kept-%d", i))
			ids.remove(member)
		}
	}
	text, used := 0, 0
	for _, b := range ids.arena.blocks {
		text += len(b.text)
		used += len(b.text) - b.dead
	}
	if text > 2*used+idBlockSize {
		t.Errorf("%d bytes of text for %d bytes of ids", text, used)
	}
	for i := 0; i < kept; i += 10 {
		if _, ok := ids.lookup(fmt.Sprintf("kept-%d", i)); !ok {
			t.Fatalf("kept-%d is lost", i)
		}
	}
}

func TestArenaTakesIDsOfAnyLength(t *testing.T) {
	ids := newMemberIDs()
	lengths := []int{0, 1, 127, 128, 300, idBlockSize - 2, idBlockSize, 5000, 1, 3 * idBlockSize, 2, 20_000, 3}
	for i, n := range lengths {
		if member := ids.add(strings.Repeat(string(rune('a'+i)), n)); int(member) != i {
			t.Fatalf("id %d got number %d", i, member)
		}
	}
	for i, n := range lengths {
		if want := strings.Repeat(string(rune('a'+i)), n); ids.id(uint32(i)) != want {
			t.Errorf("id %d of %d bytes reads back with %d", i, n, len(ids.id(uint32(i))))
		}
	}
}

func TestReadIDOutlivesItsMember(t *testing.T) {
	ids := newMemberIDs()
	id := ids.id(ids.add("alok"))
	for i := range 5000 {
		ids.add(fmt.Sprint(i))
	}
	member, _ := ids.lookup("alok")
	ids.remove(member)
	for i := range 5000 {
		member, _ := ids.lookup(fmt.Sprint(i))
		ids.remove(member)
	}
	ids.clear()
	for i := range 5000 {
		ids.add(fmt.Sprint(-i))
	}
	if id != "alok" {
		t.Errorf("the kept id is now %q", id)
	}
}

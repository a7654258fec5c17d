package redisboard

import (
	"reflect"
	"testing"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// rowOf writes a row as scripts/apply.lua does.
func rowOf(score string, tie byte, details ...string) string {
	b := append([]byte{byte(len(score))}, score...)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, tie)
	for _, text := range details {
		b = packText(b, text)
	}
	return string(b)
}

func rowsOf(texts ...string) string {
	b := packList(nil, len(texts))
	for _, text := range texts {
		b = packText(b, text)
	}
	return string(b)
}

func TestEntryIsReadAsItWasWritten(t *testing.T) {
	e := entry{to: "7", from: "4", rules: `{"title":"T","order":"desc","tie":"reached","scheme":"dense"}`, rows: rowsOf("a", rowOf("-1.5", 3, "A", "", "x", "1"), "b", "")}
	e.chain = nextChain("before", e)
	d, err := e.delta("e", "before")
	want := leaderboard.Delta{
		Epoch: "e", From: 4, To: 7, PrevChain: "before", Chain: e.chain,
		Rules: &leaderboard.Rules{Title: "T", Order: leaderboard.Desc, Tie: leaderboard.Reached, Scheme: leaderboard.Dense},
		Rows: []leaderboard.Row{
			{Entry: leaderboard.Entry{Member: "a", Score: -1.5, Tie: 3, Name: "A", Cells: leaderboard.Cells{"x": []byte("1")}}},
			{Entry: leaderboard.Entry{Member: "b"}, Removed: true},
		},
	}
	if err != nil || !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v, %v\nwant %+v", d, err, want)
	}
}

// FuzzDecodeEntry damages an entry in every way, with the chain that fits the
// damage, as an attacker could: no panic, and what is read leads on.
func FuzzDecodeEntry(f *testing.F) {
	f.Add("2-0", "1", "", rowsOf("m", rowOf("5", 1)))
	f.Add("2-0", "0", "{}", "")
	f.Add("2-0", "1", "{", "")
	f.Add("2-1", "1", "", rowsOf("m", ""))
	f.Add("2-0", "1", "", rowsOf("m", "\xff"))
	f.Add("2-0", "1", "", rowsOf("m"))
	f.Add("2-0", "1", "", rowsOf("m", rowOf("5", 1, "name")))
	f.Add("2-0", "1", "", rowsOf("m", rowOf("NaN?", 1)))
	f.Add("x", "-1", "", "\xdc\xff\xff")
	f.Fuzz(func(t *testing.T, id, from, rules, rows string) {
		m := redis.XMessage{ID: id, Values: map[string]any{"from": from, "rows": rows, "chain": ""}}
		if rules != "" {
			m.Values["rules"] = rules
		}
		e, err := readEntry(m)
		if err != nil {
			return
		}
		if _, err := e.delta("e", "p"); err == nil {
			t.Fatal("an entry without its chain is read")
		}
		e.chain = nextChain("p", e)
		if d, err := e.delta("e", "p"); err == nil && (d.From >= d.To || d.PrevChain != "p" || d.Chain == "p") {
			t.Fatalf("read %+v", d)
		}
	})
}

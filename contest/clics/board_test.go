package clics_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"rollcall/contest/clics"
	"rollcall/wire"
)

func members(r *clics.Replay) (ids []string) {
	for _, e := range r.Events {
		ids = append(ids, e.Event.Member)
	}
	return ids
}

func TestHiddenTeamsAreLeftOut(t *testing.T) {
	r := newReplay(t, head,
		line(`{"type":"groups","id":"staff","data":{"name":"Staff","hidden":true}}`),
		line(`{"type":"teams","id":"3","data":{"name":"Demo","hidden":true}}`),
		line(`{"type":"teams","id":"4","data":{"name":"Jury","group_ids":["all","staff"]}}`),
		line(`{"type":"teams","id":"2","data":{"name":"Two","hidden":true}}`), // hidden later: never on the board
		sub("s1", "2", "p", "0:10:00"), sub("s3", "3", "p", "0:10:00"), sub("s4", "4", "p", "0:10:00"))
	if got := members(r); !reflect.DeepEqual(got, []string{"1"}) {
		t.Errorf("members %v", got)
	}
}

func TestMainScoreboardGroup(t *testing.T) {
	r := newReplay(t, head,
		line(`{"type":"contest","data":{"main_scoreboard_group_id":"g"}}`),
		line(`{"type":"teams","id":"2","data":{"name":"Two","group_ids":["x","g"]}}`))
	if got := members(r); !reflect.DeepEqual(got, []string{"2"}) {
		t.Errorf("members %v", got)
	}
}

func TestLastStateOfMetadataCounts(t *testing.T) {
	r := newReplay(t, head,
		line(`{"type":"groups","id":"g","data":{"name":"First"}}`),
		sub("s1", "1", "p", "0:10:00"), jud("j1", "s1", "WA", ""), sub("s2", "1", "p", "0:11:00"), jud("j2", "s2", "AC", ""),
		line(`{"type":"contest","id":"c","data":{"name":"Renamed","penalty_time":"0:10:00"}}`),
		line(`{"type":"groups","id":"g","data":{"name":"Second"}}`),
		line(`{"type":"teams","id":"2","data":null}`),
		line(`{"type":"teams","id":"9","data":{"name":"Late","group_ids":["none","g"]}}`),
		line(`{"type":"problems","id":null,"data":[{"id":"p","label":"Z","rgb":"#abcdef"}]}`))
	if got := members(r)[:2]; !reflect.DeepEqual(got, []string{"1", "9"}) {
		t.Errorf("teams %v", got)
	}
	if e := r.Events[1].Event; *e.Name != "Late" || *e.Group != "Second" {
		t.Errorf("name %q, group %q", *e.Name, *e.Group)
	}
	wantStory(t, r, "1 0/0/0 p"+open(0, 1), "1 0/0/0 p"+open(1, 0), "1 0/0/0 p"+open(1, 1), "1 1/21/11 p"+done(2, 0, 11))
	if want := []wire.Column{{ID: "p", Label: "Z", Color: "#abcdef"}}; r.Title != "Renamed" || !reflect.DeepEqual(r.Rules.Columns, want) {
		t.Errorf("title %q, columns %+v", r.Title, r.Rules.Columns)
	}
}

func TestRules(t *testing.T) {
	r := newReplay(t, head,
		line(`{"type":"problems","id":"z","data":{"label":"A0","ordinal":-1,"rgb":"red"}}`),
		line(`{"type":"problems","id":"n","data":{"ordinal":5,"color":"#00FF00"}}`))
	want := wire.Rules{Title: "Small", Order: wire.OrderDesc, Tie: wire.TieGiven, Scheme: wire.SchemeCompetition, Columns: []wire.Column{
		{ID: "z", Label: "A0"},
		{ID: "p", Label: "A", Name: "First", Color: "#ff0000"},
		{ID: "q", Label: "B", Name: "Second"},
		{ID: "n", Label: "n", Color: "#00ff00"},
	}}
	if !reflect.DeepEqual(r.Rules, want) {
		t.Errorf("rules %+v", r.Rules)
	}
}

func TestNamesOfTeams(t *testing.T) {
	org := line(`{"type":"organizations","id":"o","data":{"name":"UAIC","formal_name":"A University"}}`) +
		line(`{"type":"organizations","id":"f","data":{"formal_name":"Formal only"}}`)
	long := strings.Repeat("é", 200)
	tests := []struct{ data, name, group string }{
		{`{"name":"N","display_name":"D","organization_id":"o"}`, "D", "UAIC"},
		{`{"name":"N","display_name":null,"organization_id":"f"}`, "N", "Formal only"},
		{`{"name":"","organization_id":null}`, "1", ""},
		{`{"name":"\u202eevil\u0000\ud800\u2028two\tlines\n"}`, "evil two lines", ""},
		{`{"name":"` + long + `"}`, long[:256], ""},
		{`{"name":"فريق القاهرة"}`, "فريق القاهرة", ""},
	}
	for _, tt := range tests {
		r := newReplay(t, org, head, line(`{"type":"teams","id":"1","data":`+tt.data+`}`))
		if e := r.Events[0].Event; *e.Name != tt.name || *e.Group != tt.group {
			t.Errorf("%s: name %q, group %q", tt.data, *e.Name, *e.Group)
		}
	}
}

func TestIDsThatNoBoardTakes(t *testing.T) {
	for _, bad := range []string{
		`{"type":"teams","id":"..","data":{}}`,
		`{"type":"teams","id":"` + strings.Repeat("x", 129) + `","data":{}}`,
		`{"type":"problems","id":"a\u0000b","data":{}}`,
	} {
		if _, err := clics.Events(strings.NewReader(head + bad)); err == nil || !strings.Contains(err.Error(), "must") {
			t.Errorf("%.60s: %v", bad, err)
		}
	}
}

func TestMoreProblemsThanColumns(t *testing.T) {
	var feed strings.Builder
	for i := range wire.MaxColumns {
		fmt.Fprintf(&feed, `{"type":"problems","id":"x%d","data":{}}`+"\n", i)
	}
	if _, err := clics.Events(strings.NewReader(head + feed.String())); err == nil || !strings.Contains(err.Error(), "130 problems") {
		t.Errorf("got %v", err)
	}
}

package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// proving stands before a store and proves what the test says, up to both.
type proving struct {
	faulty
	hiding     atomic.Bool // Snapshot finds no board
	acksMemory atomic.Bool // Apply proves no more, Prove does

	mu     sync.Mutex
	level  leaderboard.Level // what it can prove now
	back   uint64            // Prove tells of so many seqs less
	asked  []leaderboard.Level
	proofs int // calls of Prove
}

func (p *proving) wrap(b hub.Boards, r hub.Roster) (hub.Boards, hub.Roster) {
	p.faulty.wrap(b, r)
	return p, r
}

// proves says what can be proven from now on.
func (p *proving) proves(level leaderboard.Level) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.level = level
}

func (p *proving) Snapshot(ctx context.Context, board string) (leaderboard.Snapshot, error) {
	if p.hiding.Load() {
		return leaderboard.Snapshot{}, leaderboard.ErrUnknownBoard
	}
	return p.faulty.Snapshot(ctx, board)
}

func (p *proving) MaxLevel() leaderboard.Level { return leaderboard.LevelBoth }

func (p *proving) proofLocked(level leaderboard.Level) leaderboard.Proof {
	proof := leaderboard.Proof{Level: p.level}
	if !p.level.Covers(level) {
		proof.Short = "0 of 1 replicas have it"
	}
	return proof
}

func (p *proving) Apply(ctx context.Context, board string, batch []leaderboard.Event, level leaderboard.Level) (leaderboard.Outcome, error) {
	out, err := p.faulty.Apply(ctx, board, batch, level)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, level)
	if out.Proof = p.proofLocked(level); p.acksMemory.Load() {
		out.Proof.Level = leaderboard.LevelMemory
	}
	return out, err
}

func (p *proving) Prove(ctx context.Context, board string, sources []string, level leaderboard.Level) (leaderboard.Standing, error) {
	at, err := p.faulty.Prove(ctx, board, sources, level)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.proofs++
	for i := range at.Sources {
		at.Sources[i].Seq -= p.back
	}
	at.Proof = p.proofLocked(level)
	return at, err
}

func newProvingNode(t testing.TB, cfg hub.Config) (*testNode, *proving) {
	p := &proving{level: leaderboard.LevelMemory}
	cfg.Shared = true // as where replicas are; alone its default would be the best level
	return newHub(t, cfg, p.wrap).listen(), p
}

// incr is an event that adds 1 to ann.
func incr(source string, seq int) map[string]any {
	return map[string]any{"member": "ann", "op": "incr", "score": 1, "source": source, "seq": seq}
}

// raw are events of a request over WebSocket.
func raw(t testing.TB, events ...any) (all []json.RawMessage) {
	t.Helper()
	for _, e := range events {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// pushAt pushes with a query.
func (n *testNode) pushAt(board, query string, events any) []wire.Result {
	n.Helper()
	var res wire.Results
	n.want(http.StatusOK, "POST", "/v1/boards/"+board+"/events"+query, events, &res)
	return res.Results
}

// fault makes a request that is refused as a whole, and returns why.
func (n *testNode) fault(method, path string, body any) *wire.Error {
	n.Helper()
	_, text := n.call(method, path, body)
	var f wire.Failure
	if err := json.Unmarshal(text, &f); err != nil || f.Error == nil {
		n.Fatalf("%s %s was answered %s", method, path, text)
	}
	return f.Error
}

func wantAcks(t testing.TB, results []wire.Result, want ...string) {
	t.Helper()
	var got []string
	for _, r := range results {
		fate := r.Status + " " + r.Ack
		if r.Error != nil {
			fate = string(r.Error.Code)
		}
		got = append(got, fate)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("answered %q, want %q", got, want)
	}
}

func TestTooFewReplicasIsNoAck(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{})
	n.board("b", wire.Rules{})
	bad := incr("s", 2)
	bad["op"] = "?"
	events := []any{incr("s", 1), bad, incr("s", 3)}
	res := n.pushAt("b", "?ack=replica", events)
	wantAcks(t, res, "unavailable", "bad_op", "unavailable")
	if e := res[0].Error; !strings.Contains(e.Message, "0 of 1 replicas") || e.RetryAfterMS == 0 {
		t.Errorf("error %+v", e)
	}
	if p := n.page("b", "?min_version=2"); len(p.Entries) != 1 || p.Entries[0].Score != 2 {
		t.Errorf("what was applied is not shown: %+v", p.Entries)
	}
	if m := n.metrics(); !strings.Contains(m, `rollcall_events_unproven_total{level="replica"} 2`) {
		t.Error("not counted")
	}
	p.proves(leaderboard.LevelReplica)
	wantAcks(t, n.pushAt("b", "?ack=replica", events), "duplicate replica", "bad_op", "duplicate replica")
	if p := n.page("b", ""); p.Entries[0].Score != 2 {
		t.Errorf("counted twice: %+v", p.Entries)
	}
}

func TestAckNamesWhatWasProven(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{})
	n.board("b", wire.Rules{})
	wantAcks(t, n.push("b", incr("s", 1)), "applied memory")
	p.proves(leaderboard.LevelBoth)
	wantAcks(t, n.push("b", incr("s", 2)), "applied both")
	wantAcks(t, n.pushAt("b", "?ack=disk", incr("s", 1)), "duplicate both")
}

// The level is the join of the node's, the board's and the request's.
func TestLevelIsTheJoinOfAllWishes(t *testing.T) {
	for _, c := range []struct{ node, board, request, want leaderboard.Level }{
		{"", "", "", leaderboard.LevelMemory},
		{"", "", leaderboard.LevelDisk, leaderboard.LevelDisk},
		{"", leaderboard.LevelReplica, "", leaderboard.LevelReplica},
		{"", leaderboard.LevelReplica, leaderboard.LevelMemory, leaderboard.LevelReplica},
		{leaderboard.LevelDisk, leaderboard.LevelReplica, "", leaderboard.LevelBoth},
		{leaderboard.LevelDisk, "", leaderboard.LevelMemory, leaderboard.LevelDisk},
	} {
		n, p := newProvingNode(t, hub.Config{Ack: c.node})
		n.board("b", wire.Rules{Ack: string(c.board)})
		n.pushAt("b", "?ack="+string(c.request), incr("s", 1))
		if got := p.asked[0]; !got.Covers(c.want) || !c.want.Covers(got) {
			t.Errorf("%+v: the store was asked for %q", c, got)
		}
	}
}

func TestANodeOfItsOwnAsksForTheBestOfItsStore(t *testing.T) {
	p := &proving{level: leaderboard.LevelBoth}
	n := newHub(t, hub.Config{}, p.wrap).listen()
	n.board("b", wire.Rules{})
	wantAcks(t, n.push("b", incr("s", 1)), "applied both")
	if p.asked[0] != leaderboard.LevelBoth {
		t.Errorf("asked for %q", p.asked[0])
	}
}

// What the board asks for stands in its rules: until the node has read them
// nothing of it is acknowledged.
func TestNoAckBeforeTheRulesAreKnown(t *testing.T) {
	p := &proving{level: leaderboard.LevelMemory}
	synctest.Test(t, func(t *testing.T) {
		n := newBubbleNode(t, hub.Config{Shared: true}, p.wrap)
		defer n.stop()
		if _, _, _, err := p.Put(t.Context(), "b", leaderboard.Rules{Ack: leaderboard.LevelReplica}); err != nil {
			t.Fatal(err)
		}
		p.failing.Store(true)
		admin := hub.Principal{Roles: []hub.Role{hub.Admin}}
		body := []byte(`{"member":"m","op":"incr","score":1,"source":"s","seq":1}`)
		wantMessage(t, n.hub.PushMessage(admin, "b", hub.Asked{}, body), "not_ready")
		if got := p.applied.Load(); got != 0 {
			t.Errorf("%d events were applied", got)
		}
		p.failing.Store(false)
		wantMessage(t, n.hub.PushMessage(admin, "b", hub.Asked{}, body), "unavailable")
		p.proves(leaderboard.LevelReplica)
		wantMessage(t, n.hub.PushMessage(admin, "b", hub.Asked{}, body), "duplicate replica")
	})
}

// A board that was not there when its rules were read, and is when the event
// comes to the store, may ask for more.
func TestNoAckOfABoardThatHasJustBeenMade(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{})
	p.hiding.Store(true)
	if _, _, _, err := p.Put(t.Context(), "b", leaderboard.Rules{}); err != nil {
		t.Fatal(err)
	}
	wantAcks(t, n.push("b", incr("s", 1)), "unavailable")
	p.hiding.Store(false)
	for began := time.Now(); n.push("b", incr("s", 1))[0].Ack != wire.AckMemory; {
		if time.Since(began) > 10*time.Second {
			t.Fatal("no ack once the rules can be read")
		}
	}
}

func TestOtherRulesCountForTheNextEvent(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{})
	n.board("b", wire.Rules{})
	wantAcks(t, n.push("b", incr("s", 1)), "applied memory")
	var info wire.BoardInfo
	n.want(http.StatusOK, "PUT", "/v1/boards/b", wire.Rules{Ack: wire.AckReplica}, &info)
	if info.Rules.Ack != wire.AckReplica {
		t.Errorf("rules %+v", info.Rules)
	}
	wantAcks(t, n.push("b", incr("s", 2)), "unavailable")
	p.proves(leaderboard.LevelReplica)
	wantAcks(t, n.push("b", incr("s", 2)), "duplicate replica")
}

func TestLevelBeyondTheStoreIsRefused(t *testing.T) {
	n := newNode(t) // memory only
	n.board("b", wire.Rules{})
	path := "/v1/boards/b/events?ack="
	for _, level := range []string{"disk", "replica", "both", "all"} {
		n.wantFault(wire.BadRequest, "ack", "POST", path+level, incr("s", 1))
		n.wantFault(wire.BadRequest, "ack", "POST", path+level, `{}`, "Content-Type", "application/x-ndjson")
		n.wantFault(wire.BadRequest, "ack", "PUT", "/v1/boards/b", wire.Rules{Ack: level})
		n.hello("bot").wantFault(wire.BadRequest, "ack", wire.Request{Op: wire.OpScore, Board: "b", Ack: level, Events: raw(t, incr("s", 1))})
		admin := hub.Principal{Roles: []hub.Role{hub.Admin}}
		wantMessage(t, n.hub.PushMessage(admin, "b", hub.Asked{Ack: level}, []byte(`{}`)), "bad_request")
	}
	wantAcks(t, n.pushAt("b", "?ack=memory", incr("s", 1)), "applied memory")
}

// The events behind one that got no ack are told the same, not gap, and those
// of other sources go on.
func TestEventsBehindAnUnprovenOneAreToldTheSame(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{BatchMax: 2})
	n.board("b", wire.Rules{})
	events := []any{incr("s", 1), incr("s", 2), incr("s", 3), incr("t", 1)}
	wantAcks(t, n.pushAt("b", "?ack=disk", events), "unavailable", "unavailable", "unavailable", "unavailable")
	if got := p.applied.Load(); got != 3 {
		t.Errorf("the store was given %d events, want those of the first batch and of t", got)
	}
	p.proves(leaderboard.LevelDisk)
	wantAcks(t, n.pushAt("b", "?ack=disk", events), "duplicate disk", "duplicate disk", "applied disk", "duplicate disk")
}

// Each line of NDJSON and each event over WebSocket is answered as over HTTP.
func TestEveryTransportAsksForALevel(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{})
	n.board("b", wire.Rules{})
	status, text := n.call("POST", "/v1/boards/b/events?ack=disk", `{"member":"m","op":"incr","score":1,"source":"s","seq":1}`+"\n", "Content-Type", "application/x-ndjson")
	if status != http.StatusOK || !strings.Contains(string(text), `"unavailable"`) {
		t.Errorf("%d %s", status, text)
	}
	bot := n.hello("bot")
	score := func(want string) {
		t.Helper()
		var res wire.Results
		bot.ok(wire.Request{Op: wire.OpScore, Board: "b", Ack: wire.AckDisk, Events: raw(t, incr("s", 1))}, &res)
		wantAcks(t, res.Results, want)
	}
	score("unavailable")
	p.proves(leaderboard.LevelDisk)
	score("duplicate disk")
	admin := hub.Principal{Roles: []hub.Role{hub.Admin}}
	wantMessage(t, n.hub.PushMessage(admin, "b", hub.Asked{Ack: "disk"}, []byte(`{"member":"m","op":"incr","score":1}`)), "applied disk")
	want := []leaderboard.Level{leaderboard.LevelDisk, leaderboard.LevelDisk, leaderboard.LevelDisk, leaderboard.LevelDisk}
	if !slices.Equal(p.asked, want) {
		t.Errorf("the store was asked for %v", p.asked)
	}
}

// wantMessage checks the one fate, or the error, in an answer.
func wantMessage(t testing.TB, answer []byte, want string) {
	t.Helper()
	if words := strings.Fields(want); len(words) == 2 {
		want = fmt.Sprintf(`"ack":"%s"`, words[1])
	}
	if !strings.Contains(string(answer), want) {
		t.Errorf("answered %s, want %s", answer, want)
	}
}

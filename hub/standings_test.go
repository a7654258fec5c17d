package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// score pushes events over the session.
func (s *testSession) score(ack string, events ...any) []wire.Result {
	s.Helper()
	var res wire.Results
	s.ok(wire.Request{Op: wire.OpScore, Board: "b", Ack: ack, Events: raw(s, events...)}, &res)
	return res.Results
}

// standing returns the next standing that the session is told.
func (s *testSession) standing() wire.Standing {
	s.Helper()
	return *s.nextStanding().Standing
}

func (s *testSession) nextStanding() frame {
	s.Helper()
	if i := slices.IndexFunc(s.queued, func(f frame) bool { return f.Standing != nil }); i >= 0 {
		f := s.queued[i]
		s.queued = slices.Delete(s.queued, i, i+1)
		return f
	}
	for {
		f, err := s.read()
		if err != nil {
			s.Fatal(err)
		}
		if f.Standing != nil {
			return f
		}
	}
}

func wantStanding(t testing.TB, at wire.Standing, epoch string, seq uint64, durable string) {
	t.Helper()
	if got := durableOf(at.SourceState); at.Board != "b" || at.Source != "s" || at.Epoch != epoch || at.Seq != seq || got != durable {
		t.Errorf("standing %+v, durable %s; want seq %d of epoch %s, durable %s", at, got, seq, epoch, durable)
	}
}

func durableOf(at wire.SourceState) string {
	if at.Durable == nil {
		return "unknown"
	}
	return fmt.Sprint(*at.Durable)
}

func TestWatermarkMovesWithAProvenAck(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{Durable: leaderboard.LevelReplica})
	p.proves(leaderboard.LevelBoth)
	n.board("b", wire.Rules{})
	bot := n.hello("bot")
	res := bot.score("", incr("s", 1), incr("s", 2))
	wantStanding(t, bot.standing(), res[0].Epoch, 2, "2")
	// A refusal that takes its seq moves it too; one that takes none does not.
	bad := incr("s", 3)
	bad["op"] = "?"
	wantAcks(t, bot.score("", bad, incr("s", 9)), "bad_op", "gap")
	wantStanding(t, bot.standing(), res[0].Epoch, 3, "3")
	if p.proofs != 0 {
		t.Errorf("the store was asked %d times for what it had said", p.proofs)
	}
}

func TestWatermarkMovesOnlyOnProof(t *testing.T) {
	p := &proving{level: leaderboard.LevelMemory}
	synctest.Test(t, func(t *testing.T) {
		n := newBubbleNode(t, hub.Config{Durable: leaderboard.LevelDisk, Shared: true}, p.wrap)
		defer n.stop()
		n.newBoard(p, "b")
		bot := n.hello("bot")
		epoch := bot.score("", incr("s", 1))[0].Epoch
		told := bot.standings()
		time.Sleep(20 * time.Second)
		if got := told.all(); len(got) != 0 {
			t.Fatalf("told %+v without a proof", got)
		}
		if p.proofs < 3 || p.proofs > 7 { // after 0, 1, 3, 7, 15 s
			t.Errorf("the store was asked %d times in 20 s in which it could prove nothing", p.proofs)
		}
		p.proves(leaderboard.LevelDisk)
		time.Sleep(9 * time.Second)
		got := told.all()
		if len(got) != 1 {
			t.Fatalf("told %+v", got)
		}
		wantStanding(t, got[0], epoch, 1, "1")
	})
}

// The newest standing, at most five times a second, whatever the load; and the
// store is asked as often.
func TestStandingsAreConflated(t *testing.T) {
	for _, asked := range []bool{true, false} { // is it Prove or the ack that proves
		p := &proving{level: leaderboard.LevelDisk}
		p.acksMemory.Store(asked)
		synctest.Test(t, func(t *testing.T) {
			n := newBubbleNode(t, hub.Config{Durable: leaderboard.LevelDisk, Shared: true}, p.wrap)
			defer n.stop()
			n.newBoard(p, "b")
			bot := n.hello("bot")
			told := bot.standings()
			for seq := 1; seq <= 400; seq++ {
				bot.scoreBlind(incr("s", seq))
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(time.Second)
			got := told.all()
			if len(got) < 10 || len(got) > 22 || p.proofs > 22 || !asked && p.proofs > 0 {
				t.Fatalf("told %d times, the store was asked %d times in 4 s", len(got), p.proofs)
			}
			wantStanding(t, got[len(got)-1], got[0].Epoch, 400, "400")
		})
	}
}

// A session that does not read is not closed for standings; it gets the newest.
func TestSlowSessionIsToldTheNewestStanding(t *testing.T) {
	p := &proving{level: leaderboard.LevelDisk}
	synctest.Test(t, func(t *testing.T) {
		n := newBubbleNode(t, hub.Config{Durable: leaderboard.LevelDisk, Shared: true}, p.wrap)
		defer n.stop()
		n.newBoard(p, "b")
		slow, busy := n.hello("slow"), n.hello("busy")
		epoch := slow.score("", incr("s", 1))[0].Epoch
		busyTold := busy.standings()
		for seq := 2; seq <= 300; seq++ {
			busy.scoreBlind(incr("s", seq))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		told := slow.standings()
		time.Sleep(time.Second)
		if got := told.all(); len(got) == 0 || len(got) > 3 {
			t.Errorf("told %+v", got)
		} else {
			wantStanding(t, got[len(got)-1], epoch, 300, "300")
		}
		if got := busyTold.all(); len(got) < 10 {
			t.Errorf("who reads was told %d times in 3 s", len(got))
		}
	})
}

// The board was deleted and made anew: another history, in which the source has
// sent nothing.
func TestSessionsAreToldOfAnotherHistory(t *testing.T) {
	for _, durable := range []leaderboard.Level{"", leaderboard.LevelDisk} {
		n, p := newProvingNode(t, hub.Config{Durable: durable})
		n.board("b", wire.Rules{})
		bot := n.hello("bot")
		wantAcks(t, bot.score("", incr("s", 1)), "applied memory")
		n.want(http.StatusNoContent, "DELETE", "/v1/boards/b", nil, nil)
		var info wire.BoardInfo
		n.want(http.StatusCreated, "PUT", "/v1/boards/b", wire.Rules{}, &info)
		p.proves(leaderboard.LevelDisk)
		wantStanding(t, bot.standing(), info.Epoch, 0, "unknown")
		wantAcks(t, bot.score("", incr("s", 1)), "applied disk")
		if durable != "" {
			wantStanding(t, bot.standing(), info.Epoch, 1, "1")
		}
	}
}

// The board was gone long enough for the node to forget it.
func TestSessionsAreToldOfABoardMadeAnewLater(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{Durable: leaderboard.LevelDisk})
	n.board("b", wire.Rules{})
	bot := n.hello("bot")
	bot.score("", incr("s", 1))
	n.want(http.StatusNoContent, "DELETE", "/v1/boards/b", nil, nil)
	p.mu.Lock()
	asked := p.proofs
	p.mu.Unlock()
	within(t, "the node to find no board", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.proofs > asked && !n.hub.Serves("b")
	})
	var info wire.BoardInfo
	n.want(http.StatusCreated, "PUT", "/v1/boards/b", wire.Rules{}, &info)
	wantStanding(t, bot.standing(), info.Epoch, 0, "unknown")
}

// Nobody told this node, but another source's ack is of another epoch.
func TestAnAckOfAnotherEpochIsNoticed(t *testing.T) {
	n, _ := newProvingNode(t, hub.Config{})
	n.board("b", wire.Rules{})
	bot, other := n.hello("bot"), n.hello("other")
	bot.score("", incr("s", 1))
	n.want(http.StatusNoContent, "DELETE", "/v1/boards/b", nil, nil)
	n.board("b", wire.Rules{})
	epoch := other.score("", incr("t", 1))[0].Epoch
	wantStanding(t, bot.standing(), epoch, 0, "unknown")
}

// A failover can forget events without anybody seeing another epoch yet.
func TestSessionsAreToldWhenTheStoreHasLessThanWasAcked(t *testing.T) {
	n, p := newProvingNode(t, hub.Config{Durable: leaderboard.LevelDisk})
	n.board("b", wire.Rules{})
	bot := n.hello("bot")
	p.mu.Lock()
	p.back = 2
	p.mu.Unlock()
	epoch := bot.score("", incr("s", 1), incr("s", 2), incr("s", 3))[0].Epoch
	wantStanding(t, bot.standing(), epoch, 1, "unknown")
}

// A bot that is quiet and connected must hear of a history that was lost
// minutes later, so its board is served as long as events may be lost.
func TestBoardIsServedWhileAckedEventsMayBeLost(t *testing.T) {
	for _, durable := range []leaderboard.Level{"", leaderboard.LevelDisk} {
		p := &proving{level: leaderboard.LevelDisk}
		synctest.Test(t, func(t *testing.T) {
			n := newBubbleNode(t, hub.Config{Durable: durable, Shared: true}, p.wrap)
			defer n.stop()
			n.newBoard(p, "b")
			bot := n.hello("bot")
			bot.score("", incr("s", 1))
			ended := bot.background()
			time.Sleep(5 * time.Minute)
			if got := n.hub.Serves("b"); got != (durable == "") {
				t.Errorf("durable level %q: served: %v", durable, got)
			}
			_ = bot.ws.Close()
			<-ended
			time.Sleep(2 * time.Minute)
			if n.hub.Serves("b") {
				t.Errorf("durable level %q: served for nobody", durable)
			}
		})
	}
}

func TestSourceTellsItsWatermark(t *testing.T) {
	for _, c := range []struct {
		durable, proves leaderboard.Level
		want            string
	}{
		{"", leaderboard.LevelBoth, "unknown"},
		{leaderboard.LevelDisk, leaderboard.LevelMemory, "unknown"},
		{leaderboard.LevelDisk, leaderboard.LevelReplica, "unknown"},
		{leaderboard.LevelDisk, leaderboard.LevelDisk, "2"},
		{leaderboard.LevelReplica, leaderboard.LevelBoth, "2"},
	} {
		n, p := newProvingNode(t, hub.Config{Durable: c.durable})
		n.board("b", wire.Rules{})
		n.push("b", []any{incr("s", 1), incr("s", 2)})
		p.proves(c.proves)
		var at wire.SourceState
		n.want(http.StatusOK, "GET", "/v1/boards/b/sources/s", nil, &at)
		if got := durableOf(at); at.Seq != 2 || got != c.want {
			t.Errorf("%+v: %+v, durable %s", c, at, got)
		}
		at = wire.SourceState{}
		n.want(http.StatusOK, "POST", "/v1/boards/b/sources/s/claim", nil, &at)
		if got := durableOf(at); at.Seq != 2 || at.Generation != 1 || got != c.want {
			t.Errorf("%+v: claimed %+v, durable %s", c, at, got)
		}
	}
}

func TestStandingsAreBoundedAndForgotten(t *testing.T) {
	n := newNode(t, func(c *hub.Config) { c.Limits.Standings = 2 })
	n.board("b", wire.Rules{})
	bot, other := n.hello("bot"), n.hello("other")
	bot.score("", incr("s", 1), incr("t", 1), incr("u", 1))
	other.score("", incr("s", 2))
	m := n.metrics()
	if !strings.Contains(m, "rollcall_standings 2\n") || !strings.Contains(m, `rollcall_refused_total{limit="standings"} 2`) {
		t.Errorf("standings in\n%s", m)
	}
	_ = bot.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(wire.CloseNormal, ""), time.Now().Add(time.Second))
	_ = other.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(wire.CloseNormal, ""), time.Now().Add(time.Second))
	for began := time.Now(); !strings.Contains(n.metrics(), "rollcall_standings 0\n"); {
		if time.Since(began) > 10*time.Second {
			t.Fatal("sources of sessions that ended are held")
		}
	}
}

// newBoard makes a board where there is no HTTP.
func (n *bubbleNode) newBoard(boards hub.Boards, name string) {
	n.Helper()
	if _, _, _, err := boards.Put(context.Background(), name, leaderboard.Rules{}); err != nil {
		n.Fatal(err)
	}
}

// scoreBlind pushes an event and leaves its answer to who reads.
func (s *bubbleSession) scoreBlind(e any) {
	s.Helper()
	text, err := json.Marshal(wire.Request{ID: 1000, Op: wire.OpScore, Board: "b", Events: raw(s, e)})
	if err != nil {
		s.Fatal(err)
	}
	s.send(string(text))
}

// heard gathers the standings that a session is told.
type heard struct{ got chan wire.Standing }

func (h *heard) all() (all []wire.Standing) {
	synctest.Wait()
	for {
		select {
		case at := <-h.got:
			all = append(all, at)
		default:
			return all
		}
	}
}

// standings reads until the connection ends.
func (s *bubbleSession) standings() *heard {
	h := &heard{got: make(chan wire.Standing, 1000)}
	go func() {
		for {
			_ = s.ws.SetReadDeadline(time.Time{})
			_, text, err := s.ws.ReadMessage()
			if err != nil {
				return
			}
			var f wire.StandingFrame
			if json.Unmarshal(text, &f) == nil && f.Standing.Board != "" {
				h.got <- f.Standing
			}
		}
	}()
	return h
}

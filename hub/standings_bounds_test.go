package hub_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// slowProof is a store that takes long to prove anything, as one whose replica
// is dead.
type slowProof struct {
	proving
	now, most, all atomic.Int64
}

func (p *slowProof) wrap(b hub.Boards, r hub.Roster) (hub.Boards, hub.Roster) {
	p.proving.wrap(b, r)
	return p, r
}

func (p *slowProof) Prove(ctx context.Context, board string, sources []string, level leaderboard.Level) (leaderboard.Standing, error) {
	p.most.Store(max(p.most.Load(), p.now.Add(1)))
	defer p.now.Add(-1)
	p.all.Add(1)
	time.Sleep(400 * time.Millisecond)
	return p.proving.Prove(ctx, board, sources, level)
}

func TestFewProofsAreAskedForAtOnce(t *testing.T) {
	p := &slowProof{proving: proving{level: leaderboard.LevelMemory}}
	synctest.Test(t, func(t *testing.T) {
		n := newBubbleNode(t, hub.Config{Durable: leaderboard.LevelReplica, Shared: true}, p.wrap)
		defer n.stop()
		bot := n.hello("bot")
		told := bot.standings()
		const boards = 60 // a session is told of 64 sources
		for i := range boards {
			name := fmt.Sprint("b", i)
			n.newBoard(p, name)
			bot.send(fmt.Sprintf(`{"id":%d,"op":"score","board":"%s","events":[{"member":"m","op":"incr","score":1,"source":"s","seq":1}]}`, 1000+i, name))
		}
		time.Sleep(5 * time.Second)
		if most := p.most.Load(); most > 16 || most < 2 {
			t.Errorf("the store was asked for %d proofs at once", most)
		}
		if all := p.all.Load(); all < boards {
			t.Errorf("of %d boards the store was asked %d times in 5 s", boards, all)
		}
		p.proves(leaderboard.LevelReplica)
		time.Sleep(15 * time.Second)
		if got := told.all(); len(got) != boards {
			t.Errorf("told of %d boards, want %d", len(got), boards)
		}
	})
}

// A token that was renewed for less.
func TestSessionIsToldOnlyOfWhatItMayPush(t *testing.T) {
	auth := tokens{
		"all":   {User: "judge", Roles: []hub.Role{hub.Pusher, hub.Admin}},
		"t":     {User: "judge", Roles: []hub.Role{hub.Pusher}, Source: "t"},
		"watch": {User: "judge", Roles: []hub.Role{hub.Viewer}},
	}
	n, p := newProvingNode(t, hub.Config{Durable: leaderboard.LevelDisk, Auth: auth})
	n.token = "all"
	n.board("b", wire.Rules{})
	tell := func(token string, want ...string) {
		t.Helper()
		p.proves(leaderboard.LevelMemory)
		bot, other := n.hello(""), n.hello("")
		other.ok(wire.Request{Op: wire.OpHello, Token: "all"}, nil)
		for _, s := range []string{"s", "t"} {
			bot.score("", incr(s, 1))
			other.score("", incr(s, 1))
		}
		bot.ok(wire.Request{Op: wire.OpHello, Token: token}, nil)
		p.proves(leaderboard.LevelDisk)
		other.standing() // sources are told one after the other of a session
		other.standing()
		var got []string
		bot.ok(wire.Request{Op: wire.OpPing}, nil) // behind what it was told
		for _, f := range bot.queued {
			if f.Standing != nil {
				got = append(got, f.Standing.Source)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("with token %s told of %v, want %v", token, got, want)
		}
		_, _ = bot.ws.Close(), other.ws.Close()
	}
	tell("watch")
	tell("t", "t")
}

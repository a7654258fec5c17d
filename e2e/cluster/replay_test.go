package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/nats-io/nats.go"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// TestReplayIsTheSameOnEveryNode replays a real contest by four bots: three
// through nginx, which puts each on another node, and one that speaks NATS with
// the third node. Each node must end with the final scoreboard, and show the
// same bytes for the same version on the way there.
func TestReplayIsTheSameOnEveryNode(t *testing.T) {
	t.Parallel()
	f := append(harness.WholeFeeds(t), harness.Fixture(t))[0] // euc2025, whole where it is
	c := harness.StartCluster(t, harness.Config{Each: func(i int) []string {
		if i == 2 {
			return []string{"--nats-listen", "127.0.0.1:0"}
		}
		return nil
	}})
	clients, nodes := []*client.Client{c.Dial(), c.Dial(), c.Dial()}, map[string]bool{}
	newBoard(t, clients[0], f.Name, f.Replay.Rules)
	var bots []pusher
	for i, cl := range clients {
		nodes[cl.Session().Node] = true
		bots = append(bots, newSource(t, cl, f.Name, fmt.Sprintf("bot-%d", i)))
	}
	if len(nodes) != 3 {
		t.Errorf("nginx put three bots on %d nodes; want one on each", len(nodes))
	}
	shown := watchEverywhere(t, c, f.Name)
	bots = append(bots, newNATSBot(t, c, c.Nodes[2], f.Name))

	// A third of the contest at a time, and between them everybody looks.
	streams := make([][]wire.Event, len(bots))
	for k, timed := range f.Replay.Events {
		h := fnv.New32()
		_, _ = h.Write([]byte(timed.Event.Member))
		bot := int(h.Sum32()) % len(bots)
		streams[bot] = append(streams[bot], timed.Event)
		if k%(f.Replay.Len()/3) == 0 && k > 0 || k == f.Replay.Len()-1 {
			pushAll(t, bots, streams)
			streams = make([][]wire.Event, len(bots))
			wantSameBytes(t, c, f.Name, shown)
		}
	}

	var first wire.BoardPage
	readers := dialAll(c)
	version := agreed(t, f.Name, readers...)
	for i, n := range readers {
		page := readBoard(t, n.API, f.Name, version)
		f.WantFinal(t, page)
		if i == 0 {
			first = page
		} else if page.Version != first.Version || page.Epoch != first.Epoch {
			t.Errorf("node %d ends with version %d of %s, node 0 with %d of %s", i, page.Version, page.Epoch, first.Version, first.Epoch)
		}
	}
	for i, s := range shown {
		last := s.at(t, first.Version)
		f.WantFinal(t, wire.BoardPage{
			BoardInfo: wire.BoardInfo{Board: f.Name, Version: last.Version, Total: last.Total}, Entries: last.Entries,
		})
		t.Logf("node %d showed %d states of %d versions", i, s.count(), first.Version)
	}
}

type pusher interface {
	Push(ctx context.Context, events ...wire.Event) ([]wire.Result, error)
}

// pushAll lets every bot push its stream, side by side.
func pushAll(t *testing.T, bots []pusher, streams [][]wire.Event) {
	t.Helper()
	ctx := bounded(t)
	var wg sync.WaitGroup
	for i, bot := range bots {
		wg.Go(func() {
			results, err := bot.Push(ctx, streams[i]...)
			if err != nil {
				t.Errorf("bot %d: %v", i, err)
			}
			for k, r := range results {
				if r.Status == wire.Refused {
					t.Errorf("bot %d, event %d: %v", i, k, r.Error)
				}
			}
		})
	}
	wg.Wait()
}

// shownBoard is the board as a node shows it, folded from its frames.
type shownBoard struct {
	mu     sync.Mutex
	last   client.BoardState // guarded by mu
	states int               // guarded by mu
}

func watchEverywhere(t *testing.T, c *harness.Cluster, board string) (all []*shownBoard) {
	t.Helper()
	for _, n := range c.Nodes {
		all = append(all, watchBoard(t, n.Dial(), board))
	}
	return all
}

// watchBoard keeps what a client is shown of a board until the test ends.
func watchBoard(t *testing.T, c *client.Client, board string) *shownBoard {
	s := &shownBoard{}
	ctx := t.Context()
	go func() { // ends with the client, which is closed with the test
		for state, err := range c.WatchBoard(ctx, board, client.BoardOptions{N: wire.MaxPage}) {
			if err != nil {
				return
			}
			s.mu.Lock()
			s.last = state
			s.states++
			s.mu.Unlock()
		}
	}()
	until(t, patience, func() string {
		if s.count() == 0 {
			return "no first state of " + board
		}
		return ""
	})
	return s
}

func (s *shownBoard) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.states
}

func (s *shownBoard) state() client.BoardState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// at waits until the version is shown.
func (s *shownBoard) at(t *testing.T, version uint64) client.BoardState {
	t.Helper()
	until(t, patience, func() string {
		if v := s.state().Version; v < version {
			return fmt.Sprintf("version %d is shown; want %d", v, version)
		}
		return ""
	})
	return s.state()
}

// wantSameBytes compares the first frames that a new watcher gets from each
// node, while nobody pushes, byte for byte.
func wantSameBytes(t *testing.T, c *harness.Cluster, board string, shown []*shownBoard) {
	t.Helper()
	version := agreed(t, board, dialAll(c)...)
	var first []byte
	for i, n := range c.Nodes {
		shown[i].at(t, version) // then the view that both share shows it too
		frame := firstFrame(t, c, n, board)
		if i == 0 {
			first = frame
		} else if !bytes.Equal(frame, first) {
			t.Errorf("version %d on node %d:\n%.300s\nand on node 0:\n%.300s", version, i, frame, first)
		}
	}
}

// firstFrame subscribes to a board's top over a bare WebSocket and returns the
// first frame, a snapshot, as it came.
func firstFrame(t *testing.T, c *harness.Cluster, n *harness.Node, board string) []byte {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.DialContext(bounded(t), "ws://"+n.Front.Addr+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	defer func() { _ = conn.Close() }()
	for _, req := range []wire.Request{
		{ID: 1, Op: wire.OpHello, Token: c.Admin()},
		{ID: 2, Op: wire.OpSubscribe, View: wire.ViewTop, Board: board, N: wire.MaxPage},
	} {
		if err := conn.WriteJSON(req); err != nil {
			t.Fatal(err)
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		var p wire.Push
		if err := json.Unmarshal(frame, &p); err != nil {
			t.Fatal(err)
		}
		if p.View != "" {
			if p.Snapshot == nil {
				t.Fatalf("the first frame is no snapshot: %.200s", frame)
			}
			return frame
		}
	}
}

// natsBot pushes by NATS requests under a source that it has claimed.
type natsBot struct {
	conn  *nats.Conn
	board string
	at    wire.SourceState
}

func newNATSBot(t *testing.T, c *harness.Cluster, n *harness.Node, board string) *natsBot {
	t.Helper()
	conn, err := nats.Connect(n.Hub.NATS, nats.Token(c.Admin()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	state, err := n.Dial().Claim(bounded(t), board, "bot-nats")
	if err != nil {
		t.Fatal(err)
	}
	return &natsBot{conn: conn, board: board, at: state}
}

// Push sends batch after batch, each again until it is taken.
func (b *natsBot) Push(ctx context.Context, events ...wire.Event) (all []wire.Result, err error) {
	for len(events) > 0 {
		batch := events[:min(len(events), wire.MaxBatch)]
		for i := range batch {
			b.at.Seq++
			batch[i].Source, batch[i].Seq = b.at.Source, b.at.Seq
			batch[i].Generation, batch[i].Epoch = b.at.Generation, b.at.Epoch
		}
		results, err := b.send(ctx, batch)
		if err != nil {
			return all, err
		}
		all, events = append(all, results...), events[len(batch):]
	}
	return all, nil
}

func (b *natsBot) send(ctx context.Context, batch []wire.Event) ([]wire.Result, error) {
	body, err := json.Marshal(batch)
	if err != nil {
		return nil, err
	}
	for {
		msg, err := b.conn.RequestWithContext(ctx, "rollcall.v1.push."+b.board, body)
		if err != nil {
			return nil, err
		}
		var answer struct {
			wire.Results
			wire.Failure
		}
		if err := json.Unmarshal(msg.Data, &answer); err != nil {
			return nil, fmt.Errorf("%w in %s", err, msg.Data)
		}
		again := answer.Error != nil && answer.Error.Code.Transient()
		for _, r := range answer.Results.Results {
			again = again || r.Error != nil && r.Error.Code.Transient()
		}
		switch {
		case again:
			time.Sleep(20 * time.Millisecond)
		case answer.Error != nil:
			return nil, answer.Error
		case len(answer.Results.Results) != len(batch):
			return nil, errors.New(strings.TrimSpace(string(msg.Data)))
		default:
			return answer.Results.Results, nil
		}
	}
}

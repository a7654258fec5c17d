package faults_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// watcher is a browser: one connection, kept, that folds every frame it gets.
type watcher struct {
	w    *world
	name string
	url  string

	mu     sync.Mutex
	tables map[string]*tableView // by board; guarded by mu
	room   roomView              // guarded by mu
	ended  bool                  // guarded by mu
	conn   *websocket.Conn       // guarded by mu
	frames int                   // guarded by mu
	wg     sync.WaitGroup
}

// tableView is a board as the frames so far make it.
type tableView struct {
	at      string
	state   wire.BoardSnapshot
	has     bool
	renewed time.Time // when another epoch was shown
}

const hall = "hall"

// startWatchers has one at each node, and one behind nginx.
func (w *world) startWatchers() {
	for i := range len(w.nodes) + 1 {
		v := &watcher{w: w, name: fmt.Sprintf("watcher-%d", i), url: w.entrance(i), tables: map[string]*tableView{}}
		for _, b := range boards {
			v.tables[b] = &tableView{}
		}
		w.watchers = append(w.watchers, v)
		v.wg.Go(v.keep)
		w.t.Cleanup(v.stop)
	}
}

func (v *watcher) stop() {
	v.mu.Lock()
	v.ended = true
	if v.conn != nil {
		_ = v.conn.Close()
	}
	v.mu.Unlock()
	v.wg.Wait()
}

// keep connects again and again until stop.
func (v *watcher) keep() {
	for {
		conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(v.url, "http")+"/ws", nil)
		v.mu.Lock()
		if v.ended {
			v.mu.Unlock()
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		v.conn = conn
		v.mu.Unlock()
		if err == nil {
			v.read(conn)
			_ = conn.Close()
		}
		time.Sleep(50 * ms)
	}
}

// read subscribes where the views stand and folds until the connection ends or
// a frame does not fit.
func (v *watcher) read(conn *websocket.Conn) {
	silence := harness.Scaled(45 * time.Second)
	alive := func() { _ = conn.SetReadDeadline(time.Now().Add(silence)) }
	ping := conn.PingHandler()
	conn.SetPingHandler(func(text string) error {
		alive()
		return ping(text)
	})
	alive()
	requests := []wire.Request{{ID: 1, Op: wire.OpHello, Token: v.w.admin}}
	v.mu.Lock()
	for i, b := range boards {
		requests = append(requests, wire.Request{ID: int64(2 + i), Op: wire.OpSubscribe, View: wire.ViewTop, Board: b, N: wire.MaxPage, At: v.tables[b].at})
	}
	requests = append(requests, wire.Request{ID: 9, Op: wire.OpSubscribe, View: wire.ViewPresence, Room: hall, At: v.room.at})
	v.room.connected()
	v.mu.Unlock()
	subs := map[string]string{} // board or hall by sub
	pushed := []wire.Push{}     // before we were told whose they are
	for _, r := range requests {
		if conn.WriteJSON(r) != nil {
			return
		}
	}
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return
		}
		alive()
		var f struct {
			wire.Push
			wire.Answer
		}
		if err := json.Unmarshal(frame, &f); err != nil {
			v.w.complain("frames", "%s: %v in %.300s", v.name, err, frame)
			return
		}
		if f.ID > 0 {
			if f.Error != nil { // as while the store is away: come again
				return
			}
			var ok wire.SubscribeOK
			if json.Unmarshal(f.OK, &ok) == nil && ok.Sub != "" {
				subs[ok.Sub] = append(append([]string{"", ""}, boards...), make([]string, 10)...)[f.ID]
				if f.ID == 9 {
					subs[ok.Sub] = hall
				}
			}
		} else if f.View != "" {
			pushed = append(pushed, f.Push)
		}
		rest := pushed[:0]
		for _, p := range pushed {
			if subs[p.Sub] == "" {
				rest = append(rest, p)
			} else if !v.take(subs[p.Sub], &p) {
				return
			}
		}
		pushed = rest
	}
}

// take folds one frame; false if the connection is of no more use.
func (v *watcher) take(of string, p *wire.Push) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.frames++
	var err error
	if of == hall {
		err = v.room.fold(v, p)
	} else {
		err = v.tables[of].fold(v, p)
	}
	if err != nil {
		v.w.complain("frames", "%s, %s: %v", v.name, of, err)
		return false
	}
	return true
}

// fold makes the next state and says what is wrong with the frame.
func (t *tableView) fold(v *watcher, p *wire.Push) error {
	before := t.state
	if p.Snapshot != nil {
		var s wire.BoardSnapshot
		if err := json.Unmarshal(p.Snapshot, &s); err != nil {
			return err
		}
		t.state = s
		if t.has && s.Epoch != before.Epoch {
			t.renewed = time.Now()
		}
	} else {
		var d wire.BoardDelta
		if err := json.Unmarshal(p.Delta, &d); err != nil {
			return err
		}
		if !t.has || p.From != t.at {
			return fmt.Errorf("a delta from %s came onto %s", headOf(p.From), headOf(t.at))
		}
		next, ok := client.FoldBoard(t.state, d)
		if !ok {
			return errors.New("a delta moves a member that is not there")
		}
		if d.Version < before.Version || len(next.Entries) != next.Total && next.Total <= wire.MaxPage {
			return fmt.Errorf("a delta led from %s to %s (version %d), %d entries of %d", headOf(p.From), headOf(p.At), d.Version, len(next.Entries), next.Total)
		}
		t.state = next
	}
	t.at, t.has = p.At, true
	if head := headOf(p.At); !strings.HasPrefix(head, fmt.Sprintf("%s.%d.", t.state.Epoch, t.state.Version)) {
		return fmt.Errorf("a frame of epoch %s, version %d has the head %s", t.state.Epoch, t.state.Version, head)
	}
	s := t.state
	name := s.Board + " at " + headOf(p.At)
	if !v.w.mayForget() { // then a version has one chain, too
		name = fmt.Sprintf("%s at %s.%d", s.Board, s.Epoch, s.Version)
	}
	seen := struct {
		Head string
		table
	}{headOf(p.At), table{s.Epoch, s.Version, s.Total, s.Entries}}
	if wrong := v.w.history.add(name, v.name, seen); wrong != "" {
		return errors.New(wrong)
	}
	return nil
}

// headOf reads the head in an `at`: epoch.version.chain.
func headOf(at string) string {
	head, _, _ := strings.Cut(at, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return at
	}
	return string(raw)
}

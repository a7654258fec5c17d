package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/wire"
)

// writeWait bounds one write to the network.
const writeWait = 10 * time.Second

// outDepth is how many requests may wait for the writer; senders then wait.
const outDepth = 16

// link is one connection after its hello: a reader, a writer, and the calls
// that wait for answers.
type link struct {
	// Static after construction.
	conn     *websocket.Conn
	silence  time.Duration
	hello    wire.HelloOK
	out      chan *call           // to the writer
	done     chan struct{}        // closed when the reader has ended
	standing func(*wire.Standing) // told where sources stand; never blocks

	// Owned by the reader until it has ended.
	told  *wire.Bye   // the server is about to close; nil = it has not said so
	leave *time.Timer // closes the connection if the server does not; nil until told

	joined map[string]bool // rooms; belongs to who has the turn of Client.rooms

	mu      sync.Mutex
	pending map[int64]*call    // unanswered; nil after abandon
	subs    map[string][]*feed // who gets the frames of a sub
}

// call is one request under way.
type call struct {
	id    int64
	frame []byte       // never changed once sent
	ok    any          // where the answer's ok is decoded to; nil = ignored
	onOK  func()       // run by the reader before it reads the next frame
	err   error        // of the answer: a *wire.Error, errLost
	done  chan<- *call // told once; has room for every call that uses it
	link  *link        // where it was sent
}

func newLink(conn *websocket.Conn, silence time.Duration) *link {
	return &link{
		conn:     conn,
		silence:  silence,
		out:      make(chan *call, outDepth),
		done:     make(chan struct{}),
		joined:   map[string]bool{},
		pending:  map[int64]*call{},
		subs:     map[string][]*feed{},
		standing: func(*wire.Standing) {},
	}
}

// send registers a call and gives it to the writer. It blocks while the queue
// is full. After errLost the call is told nothing, after nil it is told once.
func (l *link) send(ctx context.Context, cl *call) error {
	l.mu.Lock()
	if l.pending == nil {
		l.mu.Unlock()
		return errLost
	}
	l.pending[cl.id] = cl
	l.mu.Unlock()
	select {
	case l.out <- cl:
		return nil
	case <-l.done:
		if !l.forget(cl) {
			return nil // abandon was faster and tells it
		}
		return errLost
	case <-ctx.Done():
		l.forget(cl)
		return ctx.Err()
	}
}

// forget makes the answer to a call go nowhere; false if the call has been told
// or is about to be.
func (l *link) forget(cl *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending[cl.id] != cl {
		return false
	}
	delete(l.pending, cl.id)
	return true
}

// abandon tells every unanswered call that its connection is gone.
func (l *link) abandon() {
	l.mu.Lock()
	lost := l.pending
	l.pending = nil
	l.mu.Unlock()
	for _, cl := range lost {
		cl.err = errLost
		cl.done <- cl
	}
}

// write is the only writer of messages. A failed write ends the connection.
func (l *link) write() {
	for {
		select {
		case cl := <-l.out:
			_ = l.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if l.conn.WriteMessage(websocket.TextMessage, cl.frame) != nil {
				_ = l.conn.Close()
				return
			}
		case <-l.done:
			return
		}
	}
}

// read hands out frames until the connection ends, and returns why. Pings are
// answered from here; any frame counts as a sign of life.
func (l *link) read() error {
	l.conn.SetPingHandler(func(text string) error {
		_ = l.conn.SetReadDeadline(time.Now().Add(l.silence))
		err := l.conn.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(time.Second))
		var slow net.Error
		if errors.Is(err, websocket.ErrCloseSent) || errors.As(err, &slow) {
			return nil
		}
		return err
	})
	var buf bytes.Buffer
	for {
		_ = l.conn.SetReadDeadline(time.Now().Add(l.silence))
		_, r, err := l.conn.NextReader()
		if err != nil {
			return err
		}
		if buf.Reset(); buf.Cap() > 1<<20 {
			buf = bytes.Buffer{} // one large frame is no reason to hold its size for ever
		}
		if _, err := buf.ReadFrom(r); err != nil {
			return err
		}
		if err := l.dispatch(buf.Bytes()); err != nil {
			return fmt.Errorf("frame from the server: %w", err)
		}
	}
}

// dispatch hands one frame to the call or the feeds it is for. What nobody
// waits for, and what a newer server may say, is skipped.
func (l *link) dispatch(frame []byte) error {
	id, ok := answerID(frame)
	if ok {
		return l.answer(id, frame)
	}
	var p struct {
		wire.Push
		Standing *wire.Standing `json:"standing"`
		Bye      *wire.Bye      `json:"bye"`
	}
	if err := json.Unmarshal(frame, &p); err != nil {
		return err
	}
	switch {
	case p.Standing != nil:
		l.standing(p.Standing)
		return nil
	case p.Bye != nil:
		l.bye(p.Bye)
		return nil
	}
	l.mu.Lock()
	feeds := l.subs[p.Sub]
	l.mu.Unlock()
	for _, f := range feeds {
		f.take(l, &p.Push)
	}
	return nil
}

func (l *link) answer(id int64, frame []byte) error {
	l.mu.Lock()
	cl := l.pending[id]
	delete(l.pending, id)
	l.mu.Unlock()
	if cl == nil {
		return nil
	}
	a := struct {
		OK    any         `json:"ok"`
		Error *wire.Error `json:"error"`
	}{OK: cl.ok}
	err := json.Unmarshal(frame, &a)
	switch {
	case err != nil:
		cl.err = errLost
	case a.Error != nil:
		cl.err = a.Error
	case cl.onOK != nil:
		cl.onOK()
	}
	cl.done <- cl
	return err
}

// answerID reads the id of an answer; false for a frame that answers nothing.
// The server writes the id first, so that most frames are parsed only once.
func answerID(frame []byte) (int64, bool) {
	const head = `{"id":`
	if bytes.HasPrefix(frame, []byte(head)) {
		var id int64
		for i := len(head); i < len(frame) && i < len(head)+18; i++ {
			c := frame[i]
			if c < '0' || c > '9' {
				if c == ',' && i > len(head) {
					return id, true
				}
				break
			}
			id = id*10 + int64(c-'0')
		}
	}
	if bytes.HasPrefix(frame, []byte(`{"view":`)) {
		return 0, false
	}
	var a struct {
		ID *int64 `json:"id"`
	}
	if json.Unmarshal(frame, &a) != nil || a.ID == nil {
		return 0, false
	}
	return *a.ID, true
}

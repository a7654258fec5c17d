package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/wire"
)

// handshake bounds the way from dialing to the answer to hello.
const handshake = 10 * time.Second

// helloID is the id of the hello, the first request of each connection.
const helloID = 1

// writeBuffers hold one outgoing message each, so that it leaves as one frame
// in one write; an idle Client holds none.
var writeBuffers sync.Pool

// connect makes one attempt: dial, upgrade, hello. What the server turns down
// with words is a *refused.
func (c *Client) connect(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, handshake)
	defer cancel()
	target := "ws" + strings.TrimPrefix(c.base.String(), "http") + "/ws"
	conn, resp, err := c.dialer().DialContext(ctx, target, nil)
	if err != nil {
		return nil, turnedDown(resp, fmt.Errorf("connect to %s: %w", target, err))
	}
	conn.SetReadLimit(readLimit)
	cut := context.AfterFunc(ctx, func() { _ = conn.Close() })
	l := newLink(conn, c.cfg.silence)
	l.standing = c.standing
	if err := l.sayHello(c.cfg.token, c.cfg.name); err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("hello to %s: %w", target, err)
	}
	if !cut() { // ctx ended meanwhile and took the connection with it
		return nil, fmt.Errorf("hello to %s: %w", target, ctx.Err())
	}
	return l, nil
}

func (c *Client) dialer() *websocket.Dialer {
	d := &websocket.Dialer{
		Proxy:           http.ProxyFromEnvironment,
		Subprotocols:    []string{wire.Subprotocol},
		WriteBufferSize: wire.MaxFrameSize + 16,
		WriteBufferPool: &writeBuffers,
	}
	if t, ok := c.http.Transport.(*http.Transport); ok {
		d.Proxy, d.NetDialContext = t.Proxy, t.DialContext
		if t.TLSClientConfig != nil {
			d.TLSClientConfig = t.TLSClientConfig.Clone()
			d.TLSClientConfig.NextProtos = []string{"http/1.1"}
		}
	}
	return d
}

// turnedDown reads the answer to an upgrade that was not accepted.
func turnedDown(resp *http.Response, err error) error {
	if resp == nil {
		return err
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	if seconds, bad := strconv.Atoi(resp.Header.Get("Retry-After")); bad == nil {
		err = &refused{err: err, after: time.Duration(seconds) * time.Second}
	}
	var word *wire.Error
	if errors.As(failure(resp.StatusCode, body), &word) {
		return byWord(word)
	}
	return err
}

// byWord turns the server's own refusal into a *refused. Who is not let in, or
// says hello wrongly, need not come again; for anything else, as too many
// connections, there is a later.
func byWord(e *wire.Error) error {
	status := e.Code.Status()
	never := status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden
	return &refused{err: e, never: never, after: time.Duration(e.RetryAfterMS) * time.Millisecond}
}

// sayHello is the first exchange of a connection, before it has a reader and a
// writer.
func (l *link) sayHello(token, name string) error {
	hello, err := json.Marshal(wire.Request{ID: helloID, Op: wire.OpHello, Token: token, Name: name})
	if err != nil {
		return err
	}
	if err := l.conn.WriteMessage(websocket.TextMessage, hello); err != nil {
		return err
	}
	for {
		_, frame, err := l.conn.ReadMessage()
		if err != nil {
			return err
		}
		a := wire.Answer{}
		if err := json.Unmarshal(frame, &a); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		switch {
		case a.ID != helloID:
		case a.Error != nil:
			return byWord(a.Error)
		default:
			return json.Unmarshal(a.OK, &l.hello)
		}
	}
}

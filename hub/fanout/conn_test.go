package fanout

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// readUntilClose reads the client's messages up to the close frame.
func readUntilClose(client *websocket.Conn) (messages []string, code int) {
	for {
		_, p, err := client.ReadMessage()
		if ce, ok := errors.AsType[*websocket.CloseError](err); ok {
			return messages, ce.Code
		}
		if err != nil {
			return append(messages, err.Error()), 0
		}
		messages = append(messages, short(p))
	}
}

func TestCloseSendsTheAnswersThenNothing(t *testing.T) {
	server, client := newTCPPair(t)
	s := newSession(t, server, client, Limits{}, Config{})
	v := newViewAt(1, 1)
	mustSend(t, s.out, "a", "b", "c")
	s.conn.CloseWith(4002, "the token has expired")
	s.conn.CloseWith(1000, "later causes do not count")
	v.Attach(s.out, "")
	v.Publish(stateOf(2))
	if err := s.out.Send(textFrame("late")); !errors.Is(err, ErrClosed) {
		t.Errorf("Send after CloseWith: %v, want ErrClosed", err)
	}
	s.conn.Pong([]byte("late"))
	messages, code := readUntilClose(s.client)
	if want := []string{"a", "b", "c"}; !slices.Equal(messages, want) || code != 4002 {
		t.Errorf("the client read %q and code %d, want %q and 4002", messages, code, want)
	}
	// gorilla's client answered the close frame; that ends the connection.
	if end := s.wait(); end != (ending{Closed, nil}) {
		t.Errorf("ended with %+v", end)
	}
	if rest, err := io.ReadAll(s.nc); len(rest) > 0 || err != nil {
		t.Errorf("after the close frame came % x, %v", rest, err)
	}
}

func TestPeerCloseIsAnswered(t *testing.T) {
	server, client := newTCPPair(t)
	s := newSession(t, server, client, Limits{}, Config{})
	v := newViewAt(1, 1)
	v.Attach(s.out, at(1))
	if err := s.client.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1001, "")); err != nil {
		t.Fatal(err)
	}
	if messages, code := readUntilClose(s.client); len(messages) > 0 || code != 1001 {
		t.Errorf("the client read %q and code %d, want 1001", messages, code)
	}
	if end := s.wait(); end != (ending{Closed, nil}) {
		t.Errorf("ended with %+v", end)
	}
	if v.Subscribers() != 0 {
		t.Error("the ended session is still subscribed")
	}
}

func TestPeerThatVanishesEndsTheConnection(t *testing.T) {
	server, client := newTCPPair(t)
	s := newSession(t, server, client, Limits{}, Config{})
	client.Close()
	if end := s.wait(); end != (ending{Closed, nil}) {
		t.Errorf("ended with %+v", end)
	}
}

func TestBrokenSocketIsAnError(t *testing.T) {
	server, client := newTCPPair(t)
	s := newSession(t, server, client, Limits{}, Config{})
	client.SetLinger(0)
	client.Close() // with a reset
	if end := s.wait(); end.reason != Failed || end.err == nil {
		t.Errorf("ended with %+v, want an error", end)
	}
}

func TestProtocolErrorIsToldInAWholeCloseFrame(t *testing.T) {
	for _, row := range []struct {
		name string
		send []byte
		code int
	}{
		{"unmasked frame", []byte{0x81, 1, 'x'}, websocket.CloseProtocolError},
		{"over the read limit", []byte{0x81, 0xFE, 0xFF, 0xFF, 1, 2, 3, 4}, websocket.CloseMessageTooBig},
	} {
		t.Run(row.name, func(t *testing.T) {
			server, client := newTCPPair(t)
			s := newSession(t, server, client, Limits{}, Config{})
			big := NewFrame([]byte(strings.Repeat("x", 1<<20)))
			if err := s.out.Send(big); err != nil { // is under way when the error comes
				t.Fatal(err)
			}
			if _, err := client.Write(row.send); err != nil {
				t.Fatal(err)
			}
			messages, code := readUntilClose(s.client)
			if len(messages) != 1 || len(messages[0]) != 1<<20 || code != row.code {
				t.Errorf("the client read %d messages and code %d, want 1 and %d", len(messages), code, row.code)
			}
		})
	}
}

func TestReadingSideCannotSendMessages(t *testing.T) {
	server, _ := newTCPPair(t)
	s := &socket{Conn: server, conn: NewConn(server, NewOutbox(Limits{}), Config{})}
	for _, p := range [][]byte{nil, {0x81}, {0x81, 1, 'x'}, {0x88, 5, 1}, {0x08, 0}, {0x8A, 126, 0, 0}} {
		if _, err := s.Write(p); err == nil {
			t.Errorf("took % x", p)
		}
	}
	if got := takeAll(s.conn.out); got != nil {
		t.Errorf("queued %q", texts(got))
	}
	bye := []byte{0x88, 2, 3, 0xEA}
	if n, err := s.Write(bye); n != len(bye) || err != nil {
		t.Errorf("a whole close frame: %d, %v", n, err)
	}
	if got := takeAll(s.conn.out); len(got) != 1 || !bytes.Equal(got[0].Frame.Bytes(), bye) {
		t.Errorf("queued %d frames, want that close frame", len(got))
	}
}

func TestManySmallFramesLeaveInOneWrite(t *testing.T) {
	server, client := newTCPPair(t)
	var stats Stats
	out := NewOutbox(Limits{})
	c := NewConn(server, out, Config{Stats: &stats})
	const frames = 150
	for range frames {
		mustSend(t, out, strings.Repeat("x", 98)) // 100 bytes
	}
	run(t, c)
	for range frames {
		if op, p, err := readFrame(client); op != opText || len(p) != 98 || err != nil {
			t.Fatalf("read opcode %x, %d bytes, %v", op, len(p), err)
		}
	}
	c.Close()
	if w, b := stats.Writes.Load(), stats.Bytes.Load(); w != 1 || b != frames*100 {
		t.Errorf("%d writes of %d bytes, want 1 of %d", w, b, frames*100)
	}
}

func TestLargeAndSmallFramesKeepTheirOrder(t *testing.T) {
	server, client := newTCPPair(t)
	out := NewOutbox(Limits{})
	run(t, NewConn(server, out, Config{}))
	sizes := []int{1, batchBytes - 5, 10, batchBytes, batchBytes + 1, 3, 200_000, 5, 5}
	for _, n := range sizes {
		mustSend(t, out, strings.Repeat("x", n))
	}
	for _, n := range sizes {
		if _, p, err := readFrame(client); len(p) != n || err != nil {
			t.Fatalf("read %d bytes, %v; want %d", len(p), err, n)
		}
	}
}

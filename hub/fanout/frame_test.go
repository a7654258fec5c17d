package fanout

import (
	"bytes"
	"testing"

	"github.com/gorilla/websocket"
)

func TestFrameHeaderOfEachLength(t *testing.T) {
	server, client := newTCPPair(t)
	s := newSession(t, server, client, Limits{}, Config{})
	for _, row := range []struct{ payload, header int }{
		{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10},
	} {
		payload := bytes.Repeat([]byte("x"), row.payload)
		f := NewFrame(payload)
		if got := len(f.Bytes()) - len(payload); got != row.header {
			t.Errorf("header of %d bytes is %d, want %d", row.payload, got, row.header)
		}
		if !bytes.Equal(f.Payload(), payload) {
			t.Errorf("payload of %d bytes differs", row.payload)
		}
		if err := s.out.Send(f); err != nil {
			t.Fatal(err)
		}
		kind, got, err := s.client.ReadMessage()
		if err != nil || kind != websocket.TextMessage || !bytes.Equal(got, payload) {
			t.Errorf("the client read kind %d, %d bytes, %v; want text, %d bytes", kind, len(got), err, len(payload))
		}
	}
}

func TestFrameOwnsItsBytes(t *testing.T) {
	payload := []byte("abc")
	f := NewFrame(payload)
	payload[0] = 'X'
	if got := string(f.Payload()); got != "abc" {
		t.Errorf("the frame changed to %q with the buffer it was made of", got)
	}
}

func TestCloseFrameIsAlwaysLegal(t *testing.T) {
	long := string(bytes.Repeat([]byte("é"), 80))
	for _, row := range []struct {
		code   int
		reason string
		want   string
	}{
		{1000, "", "\x03\xe8"},
		{4008, "slow", "\x0f\xa8slow"},
		{1005, "no", ""},
		{1006, "no", ""},
		{1015, "no", ""},
		{999, "no", ""},
		{5000, "no", ""},
		{1000, long, "\x03\xe8" + long[:122]},
	} {
		if got := string(closeFrame(row.code, row.reason).Payload()); got != row.want {
			t.Errorf("close frame of %d %q = %q, want %q", row.code, row.reason, got, row.want)
		}
	}
}

package fanout

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// newEcho is a handler that answers each message with itself.
func newEcho(tb testing.TB) http.Handler {
	var wg sync.WaitGroup
	tb.Cleanup(wg.Wait)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, conn, err := Upgrade(w, r, &websocket.Upgrader{EnableCompression: true}, nil, Limits{}, Config{})
		if err != nil {
			return
		}
		wg.Go(func() { conn.Run(tb.Context()) })
		for {
			_, p, err := ws.ReadMessage()
			if err != nil {
				conn.CloseWith(1000, "")
				return
			}
			if err := conn.Outbox().Send(NewFrame(p)); err != nil {
				tb.Error(err)
			}
		}
	})
}

func TestUpgradeServesPlainAndTLS(t *testing.T) {
	for _, row := range []struct {
		name  string
		start func(http.Handler) *httptest.Server
	}{{"plain", httptest.NewServer}, {"TLS", httptest.NewTLSServer}} {
		t.Run(row.name, func(t *testing.T) {
			srv := row.start(newEcho(t))
			defer srv.Close()
			d := websocket.Dialer{EnableCompression: true}
			if srv.TLS != nil {
				d.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig
			}
			client, resp, err := d.Dial("ws"+strings.TrimPrefix(srv.URL, "http"), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if got := resp.Header.Get("Sec-Websocket-Extensions"); got != "" {
				t.Errorf("negotiated %q, want no compression", got)
			}
			ponged := ""
			client.SetPongHandler(func(data string) error { ponged = data; return nil })
			if err := client.WriteMessage(websocket.PingMessage, []byte("p")); err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{0, 100, 300_000} {
				want := strings.Repeat("x", n)
				if err := client.WriteMessage(websocket.TextMessage, []byte(want)); err != nil {
					t.Fatal(err)
				}
				if _, got, err := client.ReadMessage(); string(got) != want || err != nil {
					t.Errorf("read %d bytes, %v; want %d", len(got), err, n)
				}
			}
			if ponged != "p" {
				t.Errorf("ping answered with %q", ponged)
			}
			if err := client.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "")); err != nil {
				t.Fatal(err)
			}
			if messages, code := readUntilClose(client); len(messages) > 0 || code != 1000 {
				t.Errorf("read %q and code %d, want 1000", messages, code)
			}
		})
	}
}

func TestUpgradeRefusesWhatIsNoHandshake(t *testing.T) {
	srv := httptest.NewServer(newEcho(t))
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", resp.StatusCode)
	}
}

package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rollcall/hub/fanout"
	"rollcall/wire"
)

// writeWait is how long a peer over HTTP may take nothing of an answer.
const writeWait = 10 * time.Second

// getStream serves a top view as server-sent events: `event` is snapshot or
// delta, `id` its at, `data` the frame a WebSocket would get. Last-Event-ID
// resumes.
func (h *Hub) getStream(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	n, fault := number(r, "n", 50, 1, wire.MaxPage)
	if fault != nil {
		return fault
	}
	q := r.URL.Query()
	place, fault := h.sessions.admit(h.addressOf(r))
	if fault != nil {
		return fault
	}
	defer place.free()
	if !place.claim(p.User) {
		return &wire.Error{Code: wire.TooMany, Message: "too many connections of this user", RetryAfterMS: 1000}
	}
	look, fault := h.look(p, &wire.Request{
		View: wire.ViewTop, Board: r.PathValue("board"), N: n, Scheme: q.Get("scheme"), Audience: q.Get("audience"),
	})
	if fault != nil {
		return fault
	}
	ctx, stop := h.streaming(r.Context(), p)
	defer stop()
	out := fanout.NewOutbox(fanout.Limits{})
	defer out.Close()
	from := r.Header.Get("Last-Event-ID")
	if from == "" {
		from = q.Get("at")
	}
	defer look.attach(out, from).detach()

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		h.stream(ctx, w, out)
	}
	return nil
}

// streaming ends with the request, the node, or the principal's token.
func (h *Hub) streaming(ctx context.Context, p *Principal) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(h.sessions.ending, cancel)
	if !p.Expires.IsZero() {
		var expire context.CancelFunc
		ctx, expire = context.WithDeadline(ctx, p.Expires)
		return ctx, func() { expire(); unhook(); cancel() }
	}
	return ctx, func() { unhook(); cancel() }
}

func (h *Hub) stream(ctx context.Context, w http.ResponseWriter, out *fanout.Outbox) {
	rc := http.NewResponseController(w)
	for rc.Flush() == nil {
		quiet, cancel := context.WithTimeout(ctx, h.cfg.Ping)
		item, err := out.Next(quiet)
		cancel()
		_ = rc.SetWriteDeadline(time.Now().Add(writeWait)) // a test's recorder has none
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, context.DeadlineExceeded):
			_, err = w.Write([]byte(": ping\n\n"))
		case err == nil:
			err = writeEvent(w, item)
		}
		if err != nil {
			return
		}
	}
}

func writeEvent(w http.ResponseWriter, item fanout.Item) error {
	event := "delta"
	_, content, _ := bytes.Cut(item.Frame.Payload(), []byte(`"at":"`+item.At+`",`))
	if bytes.HasPrefix(content, []byte(`"snapshot":`)) {
		event = "snapshot"
	}
	_, err := fmt.Fprintf(w, "event: %s\nid: %s\ndata: %s\n\n", event, item.At, item.Frame.Payload())
	return err
}

package hub

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/wire"
)

// endpoint answers one method of one path for a principal. It returns a fault
// instead of an answer, or has written its answer.
type endpoint func(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error

type methods map[string]endpoint

// Handler serves the whole of the node: WebSocket, API, pages.
func (h *Hub) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", h.healthz)
	mux.HandleFunc("/readyz", h.readyz)
	mux.HandleFunc("/ws", h.serveWS)
	routes := map[string]methods{
		"/metrics":                            {"GET": h.getMetrics},
		"/v1/me":                              {"GET": h.getMe},
		"/v1/contest":                         {"GET": h.getContest},
		"/v1/nodes":                           {"GET": h.getNodes},
		"/v1/boards":                          {"GET": h.getBoards},
		"/v1/boards/{board}":                  {"GET": h.getBoard, "PUT": h.putBoard, "DELETE": h.deleteBoard},
		"/v1/boards/{board}/events":           {"POST": h.postEvents},
		"/v1/boards/{board}/archive":          {"GET": h.getArchive, "PUT": h.putArchive},
		"/v1/boards/{board}/changes":          {"GET": h.getChanges},
		"/v1/boards/{board}/stream":           {"GET": h.getStream},
		"/v1/boards/{board}/members/{member}": {"GET": h.getMember},
		"/v1/boards/{board}/sources/{source}": {"GET": h.getSource},
		"/v1/rooms":                           {"GET": h.getRooms},
		"/v1/rooms/{room}/presence":           {"GET": h.getPresence},
		"/v1/rooms/{room}/count":              {"GET": h.getCount},
		"/v1/users/{user}":                    {"GET": h.getUser},

		"/v1/boards/{board}/sources/{source}/claim": {"POST": h.postClaim},
	}
	for path, m := range routes {
		mux.Handle(path, h.api(m))
	}
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, _ *http.Request) {
		writeFault(w, &wire.Error{Code: wire.NotFound, Message: "there is no such path"})
	})
	if h.cfg.Static != nil {
		mux.Handle("/", h.pages(h.cfg.Static))
	}
	return h.guarded(mux)
}

// api wraps the endpoints of a path with what all share: who asks, how often,
// with which method and content type.
func (h *Hub) api(ms methods) http.Handler {
	allow := make([]string, 0, len(ms))
	for m := range ms {
		allow = append(allow, m)
	}
	slices.Sort(allow)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, fault := h.principalOf(r)
		if fault == nil {
			fault = h.withinRate(r.Context(), p)
		}
		if fault == nil {
			fault = h.dispatch(ms, allow, w, r, p)
		}
		if fault != nil {
			h.fail(w, fault)
		}
	})
}

// fail answers a request that was refused.
func (h *Hub) fail(w http.ResponseWriter, fault *wire.Error) {
	h.metrics.errors.WithLabelValues(string(fault.Code)).Inc()
	writeFault(w, fault)
}

func (h *Hub) dispatch(ms methods, allow []string, w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	serve := ms[method]
	if serve == nil {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		return &wire.Error{Code: wire.BadMethod, Message: "this path takes " + strings.Join(allow, ", ")}
	}
	if method != http.MethodGet && !jsonBody(r) {
		return &wire.Error{Code: wire.BadContentType, Field: "Content-Type", Message: "must be application/json (or application/x-ndjson for events)"}
	}
	return serve(w, r, p)
}

// jsonBody reports whether a write says that it is JSON, or has no body to say
// it of. A page of another site cannot send these types without asking first,
// and what it sends without a body shows its Origin.
func jsonBody(r *http.Request) bool {
	if r.ContentLength == 0 && r.Header.Get("Content-Type") == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || kind == ndjson)
}

// pages serves the static pages under the same guard as everything else; with
// keys they are open, for they hold no data.
func (h *Hub) pages(static http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.cfg.Auth == nil {
			if fault := h.keylessFault(r); fault != nil {
				h.fail(w, fault)
				return
			}
		}
		static.ServeHTTP(w, r)
	})
}

func (h *Hub) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (h *Hub) readyz(w http.ResponseWriter, _ *http.Request) {
	if !h.ready.Load() {
		writeFault(w, &wire.Error{Code: wire.NotReady, Message: "the node is warming up or going down", RetryAfterMS: 1000})
		return
	}
	if lost := h.losses.problem(); lost != "" {
		writeFault(w, &wire.Error{Code: wire.Unavailable, Field: "board", Message: lost, RetryAfterMS: 1000})
		return
	}
	if problem := h.storeProblem(); problem != "" { // 200: all nodes have the same store, and without them nobody sees anything
		writeJSON(w, http.StatusOK, map[string]string{"status": "degraded", "store": problem})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(encode(v), '\n')) // the peer may be gone
}

func writeFault(w http.ResponseWriter, fault *wire.Error) {
	if fault.RetryAfterMS > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt((fault.RetryAfterMS+999)/1000, 10))
	}
	writeJSON(w, fault.Code.Status(), wire.Failure{Error: fault})
}

// number reads a whole number from the query, def if it is absent.
func number(r *http.Request, name string, def, low, high int) (int, *wire.Error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, rangeFault(name, low, high)
	}
	return n, nil
}

// readAll reads a body of at most wire.MaxBody bytes.
func readAll(w http.ResponseWriter, r *http.Request) ([]byte, *wire.Error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxBody))
	var big *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &big):
		return nil, &wire.Error{Code: wire.TooLarge, Message: "the body must be at most 1 MiB; send more events as application/x-ndjson"}
	}
	return nil, &wire.Error{Code: wire.BadJSON, Message: "the body was cut off"}
}

// readBody reads a body that is one JSON value.
func readBody(w http.ResponseWriter, r *http.Request, into any) *wire.Error {
	body, fault := readAll(w, r)
	if fault != nil {
		return fault
	}
	if err := json.Unmarshal(body, into); err != nil {
		return requestFault(err)
	}
	return nil
}

// serverTimeouts guard against peers that hold a connection without a request.
const (
	headerTimeout = 5 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 8 << 10
)

// Server returns an http.Server for the node with timeouts that a slow or
// silent peer runs into.
func (h *Hub) Server() *http.Server {
	return &http.Server{
		Handler: h.Handler(), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes,
	}
}

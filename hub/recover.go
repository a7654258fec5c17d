package hub

import (
	"net/http"
	"runtime/debug"

	"rollcall/wire"
)

// A defect that shows itself as a panic while one request or one session is
// served ends that request or session alone, with code internal or 1011, a log
// line with the stack and a count in rollcall_errors_total{code="internal"}.
// Everywhere else (the apply path, replicas, the pacer) it ends the process:
// there it could leave what everyone shares half-changed, and the store brings
// a restarted node back to the truth.

// caught tells of a panic that was recovered.
func (h *Hub) caught(defect any, attr, value string) {
	h.metrics.errors.WithLabelValues(string(wire.Internal)).Inc()
	h.log.Error("panic", "defect", defect, attr, value, "stack", string(debug.Stack()))
}

// guarded answers a panic of next with 500; if the answer had begun it is cut
// off, so that nobody takes it for whole.
func (h *Hub) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: w}
		defer func() {
			defect := recover()
			if defect == nil {
				return
			}
			if defect != http.ErrAbortHandler {
				h.caught(defect, "path", r.URL.Path)
			}
			if defect == http.ErrAbortHandler || a.begun {
				panic(http.ErrAbortHandler)
			}
			writeFault(w, &wire.Error{Code: wire.Internal, Message: "the server failed; its log has a line \"panic\""})
		}()
		next.ServeHTTP(a, r)
	})
}

// answer knows whether it has begun.
type answer struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

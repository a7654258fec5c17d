package client

import (
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/wire"
)

// ErrClosed is the error of everything on a Client after Close.
var ErrClosed = errors.New("the client is closed")

// CloseError says that the server closed the connection with a code that
// advises never to return; the Client has ended.
type CloseError struct {
	Code   int
	Reason string // the server's words; may be empty
}

// Error makes *CloseError an error.
func (e *CloseError) Error() string {
	text := fmt.Sprintf("closed by the server with %d: %s", e.Code, wire.AdviceOn(e.Code).Meaning)
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return text
}

// errLost is what a call gets when its connection ends before the answer: its
// fate is unknown.
var errLost = errors.New("the connection was lost before the answer")

// refused is an attempt to connect that the server turned down with words.
type refused struct {
	err   error
	never bool          // the same attempt cannot succeed later
	after time.Duration // not before; 0 = no word on it
}

func (r *refused) Error() string { return r.err.Error() }
func (r *refused) Unwrap() error { return r.err }

// verdict reads the end of a connection: whether to come back, whether to be
// slow about it, and the error to end with if not.
func verdict(err error) (ret wire.Return, final error) {
	var closed *websocket.CloseError
	if !errors.As(err, &closed) {
		return wire.ReturnNow, err
	}
	return wire.AdviceOn(closed.Code).Return, &CloseError{Code: closed.Code, Reason: closed.Text}
}

// again reports whether a refusal may be answered otherwise later without
// anybody's doing. Forbidden is transient for identity (it consumes no seq),
// but waiting does not change it.
func again(e *wire.Error) bool { return e.Code.Transient() && e.Code != wire.Forbidden }

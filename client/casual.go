package client

import (
	"context"
	"crypto/rand"
	"fmt"

	"rollcall/wire"
)

// Push sends events that belong to no source of ours, in their order, and
// returns their results in the same order. An event without an identity gets a
// random id, so that sending it again after a lost connection counts once;
// events may also carry an id, or a source and seq, of the caller's.
//
// It returns when every event is applied, known as a duplicate, or refused
// (Result.Error), and waits out lost connections and transient refusals until
// ctx ends. After an error, results without a Status are of events whose fate
// is not known. Calls from several goroutines run side by side.
//
// There is no outbox: what the server forgets after its ack is gone. Option
// PushAck asks for acks that outlive more; Source for events that are sent again.
func (c *Client) Push(ctx context.Context, board string, events ...wire.Event) ([]wire.Result, error) {
	if err := check(events); err != nil {
		return nil, err
	}
	named := make([]wire.Event, len(events))
	for i, ev := range events {
		if ev.ID == "" && ev.Source == "" && ev.Seq == 0 {
			ev.ID = newUUID()
		}
		named[i] = ev
	}
	p := pusher{c: c, board: board, enc: newEncoder()}
	results := make([]wire.Result, len(events))
	err := p.push(ctx, named, results)
	return results, err
}

// newUUID makes a random UUID (version 4, RFC 9562 §5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

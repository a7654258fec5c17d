package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"rollcall/wire"
)

// errTooLarge refuses an event that cannot travel alone.
var errTooLarge = &wire.Error{Code: wire.TooLarge, Message: "the event does not fit into a message"}

// encoder writes score messages through one buffer.
type encoder struct {
	buf  bytes.Buffer
	json *json.Encoder
	ev   wire.Event // scratch: the event with its identity
}

func newEncoder() *encoder {
	e := &encoder{}
	e.json = json.NewEncoder(&e.buf)
	e.json.SetEscapeHTML(false)
	return e
}

// message writes the longest prefix of events that fits into one message, each
// after identify has given the i-th its identity. It returns the message, which
// is the caller's, and the prefix's length.
func (e *encoder) message(id int64, board string, events []wire.Event, lim wire.Limits, identify func(i int, ev *wire.Event)) (frame []byte, n int, err error) {
	e.buf.Reset()
	e.buf.WriteString(`{"id":`)
	e.buf.Write(strconv.AppendInt(e.buf.AvailableBuffer(), id, 10))
	e.buf.WriteString(`,"op":"score","board":`)
	if err := e.json.Encode(board); err != nil {
		return nil, 0, err
	}
	e.buf.WriteString(`,"events":[`)
	for n < len(events) && n < lim.Events {
		mark := e.buf.Len()
		if n > 0 {
			e.buf.WriteByte(',')
		}
		e.ev = events[n]
		identify(n, &e.ev)
		if err := e.json.Encode(&e.ev); err != nil {
			return nil, 0, err
		}
		if e.buf.Len()+len("]}") > lim.FrameBytes {
			if n == 0 {
				return nil, 0, errTooLarge
			}
			e.buf.Truncate(mark)
			break
		}
		n++
	}
	e.buf.WriteString("]}")
	return bytes.Clone(e.buf.Bytes()), n, nil
}

// check refuses what cannot travel: numbers and cells that are no JSON, and
// events that are certain to be over the server's limits and might not fit
// into a frame. An event within the limits of the wire always passes.
func check(events []wire.Event) error {
	for i := range events {
		ev := &events[i]
		if ev.Score != nil && (math.IsNaN(*ev.Score) || math.IsInf(*ev.Score, 0)) {
			return fmt.Errorf("event %d: %w", i, &wire.Error{Code: wire.OutOfRange, Field: "score", Message: "must be a finite number"})
		}
		size := len(ev.Member) + len(ev.Op) + len(ev.ID) + len(ev.Source) + len(ev.Epoch) + len(ev.Audience)
		if ev.Name != nil {
			size += len(*ev.Name)
		}
		if ev.Group != nil {
			size += len(*ev.Group)
		}
		for key, cell := range ev.Cells {
			if cell != nil && !json.Valid(cell) {
				return fmt.Errorf("event %d: %w", i, &wire.Error{Code: wire.BadJSON, Field: "cells." + key, Message: "is not JSON"})
			}
			size += len(key) + len(cell)
		}
		const escaped, around = 6, 1024 // \u0000 is six bytes; names of fields, numbers, the message's head
		if size*escaped+around > wire.MaxFrameSize {
			return fmt.Errorf("event %d: %w", i, errTooLarge)
		}
	}
	return nil
}

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

// encoder writes score messages through its buffers.
type encoder struct {
	buf  bytes.Buffer // the message
	json *json.Encoder

	one     bytes.Buffer // an event without its identity
	oneJSON *json.Encoder
	ev      wire.Event // scratch for it

	signature []byte // what the events of the message begin with
}

func newEncoder() *encoder {
	e := &encoder{}
	e.json, e.oneJSON = json.NewEncoder(&e.buf), json.NewEncoder(&e.one)
	e.json.SetEscapeHTML(false)
	e.oneJSON.SetEscapeHTML(false)
	return e
}

// message writes the longest prefix of events that fits into one message. It
// returns the message, which is the caller's, and the prefix's length.
func (e *encoder) message(id int64, board, ack string, events []wire.Event, lim wire.Limits) (frame []byte, n int, err error) {
	if err := e.open(id, board, ack); err != nil {
		return nil, 0, err
	}
	for n < len(events) && n < lim.Events {
		mark := e.buf.Len()
		if n > 0 {
			e.buf.WriteByte(',')
		}
		if err := e.json.Encode(&events[n]); err != nil {
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
	return e.close(), n, nil
}

// open starts a message.
func (e *encoder) open(id int64, board, ack string) error {
	e.buf.Reset()
	e.buf.WriteString(`{"id":`)
	e.buf.Write(strconv.AppendInt(e.buf.AvailableBuffer(), id, 10))
	e.buf.WriteString(`,"op":"score","board":`)
	if err := e.json.Encode(board); err != nil {
		return err
	}
	if ack != "" {
		e.buf.WriteString(`,"ack":`)
		if err := e.json.Encode(ack); err != nil {
			return err
		}
	}
	e.buf.WriteString(`,"events":[`)
	return nil
}

// close ends the message, which is the caller's.
func (e *encoder) close() []byte {
	e.buf.WriteString("]}")
	return bytes.Clone(e.buf.Bytes())
}

// sign sets what a source's events of the message are marked with.
func (e *encoder) sign(source string, generation uint64, epoch string) error {
	mark := struct {
		Source     string `json:"source"`
		Generation uint64 `json:"generation"`
		Epoch      string `json:"epoch"`
	}{source, generation, epoch}
	text, err := json.Marshal(mark)
	if err != nil {
		return err
	}
	e.signature = append(text[:len(text)-1], `,"seq":`...)
	return nil
}

// body is an event without its identity, which is the caller's.
func (e *encoder) body(ev *wire.Event) ([]byte, error) {
	e.one.Reset()
	e.ev = *ev
	e.ev.Source, e.ev.Seq, e.ev.Generation, e.ev.ID, e.ev.Epoch = "", 0, 0, "", ""
	if err := e.oneJSON.Encode(&e.ev); err != nil {
		return nil, err
	}
	return bytes.Clone(bytes.TrimSuffix(e.one.Bytes(), []byte("\n"))), nil
}

// fits reports whether one more body fits into the message.
func (e *encoder) fits(body []byte, lim wire.Limits) bool {
	const seq = 20 // digits
	return e.buf.Len()+len(",")+len(e.signature)+seq+len(body)+len("]}") <= lim.FrameBytes
}

// signed writes the n-th event of the message.
func (e *encoder) signed(n int, seq uint64, body []byte) {
	if n > 0 {
		e.buf.WriteByte(',')
	}
	e.buf.Write(e.signature)
	e.buf.Write(strconv.AppendUint(e.buf.AvailableBuffer(), seq, 10))
	e.buf.WriteByte(',')
	e.buf.Write(body[1:])
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

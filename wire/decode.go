package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// Incoming is one event as it came in. With a Fault the event must be refused;
// if Identified is also true its identity is sound, so that the refusal
// consumes its seq or id.
type Incoming struct {
	Event      Event
	Fault      *Error
	Identified bool
}

// DecodeEvents reads a body or message of events: one object or an array. The
// error is of the whole body, and then nothing of it may be applied; a fault
// of one event stands in its Incoming.
func DecodeEvents(body []byte) ([]Incoming, *Error) {
	body = bytes.TrimSpace(body)
	if !utf8.Valid(body) {
		return nil, &Error{Code: BadJSON, Message: "the body is not UTF-8"}
	}
	if len(body) == 0 {
		return nil, &Error{Code: BadJSON, Message: "the body is empty; send an event or an array of events"}
	}
	switch body[0] {
	case '{':
		if err := wellFormed(body); err != nil {
			return nil, err
		}
		return []Incoming{DecodeEvent(body)}, nil
	case '[':
		var events []Event
		if json.Unmarshal(body, &events) == nil {
			return CheckEvents(events), nil
		}
		var raws []json.RawMessage
		if err := json.Unmarshal(body, &raws); err != nil {
			return nil, &Error{Code: BadJSON, Message: "the body does not parse: " + err.Error()}
		}
		if len(raws) > MaxEvents {
			return nil, &Error{Code: TooMany, Message: fmt.Sprintf("the body must hold at most %d events", MaxEvents)}
		}
		return DecodeEach(raws), nil
	}
	if err := wellFormed(body); err != nil {
		return nil, err
	}
	return nil, &Error{Code: BadJSON, Message: "the body must be an event (an object) or an array of events"}
}

func wellFormed(body []byte) *Error {
	var v json.RawMessage
	if err := json.Unmarshal(body, &v); err != nil {
		return &Error{Code: BadJSON, Message: "the body does not parse: " + err.Error()}
	}
	return nil
}

// CheckEvents judges events that were decoded without a fault.
func CheckEvents(events []Event) []Incoming {
	in := make([]Incoming, len(events))
	for i := range events {
		in[i].Event = events[i]
		in[i].judge(nil)
	}
	return in
}

// DecodeEach reads events one by one, so that a fault of one is its own.
func DecodeEach(raws []json.RawMessage) []Incoming {
	in := make([]Incoming, len(raws))
	for i, raw := range raws {
		in[i] = DecodeEvent(raw)
	}
	return in
}

// DecodeEvent reads one event and checks it.
func DecodeEvent(raw []byte) Incoming {
	var in Incoming
	var fault *Error
	if err := json.Unmarshal(raw, &in.Event); err != nil {
		fault = typeFault(err)
	}
	if !utf8.Valid(raw) {
		fault = &Error{Code: BadJSON, Message: "the event is not UTF-8"}
	}
	in.judge(fault)
	return in
}

// judge checks an event whose decoding left a fault, or none.
func (in *Incoming) judge(fault *Error) {
	in.Fault = in.Event.CheckIdentity()
	if in.Fault != nil && fault != nil {
		in.Fault = fault // the mistyped field is the better explanation
	}
	if in.Fault != nil || fault != nil && (fault.Code == BadJSON || identityField(fault.Field)) {
		if in.Fault == nil {
			in.Fault = fault
		}
		return
	}
	in.Identified = true
	if in.Fault = fault; in.Fault == nil {
		in.Fault = in.Event.CheckContent()
	}
}

func identityField(f string) bool {
	return f == "source" || f == "seq" || f == "id" || f == "generation" || f == "epoch"
}

func typeFault(err error) *Error {
	var te *json.UnmarshalTypeError
	if !errors.As(err, &te) {
		return &Error{Code: BadJSON, Message: "the event does not parse: " + err.Error()}
	}
	if te.Field == "" {
		return &Error{Code: BadType, Message: "an event must be an object, not " + te.Value}
	}
	if te.Field == "score" && len(te.Value) > 6 && te.Value[:6] == "number" {
		return &Error{Code: OutOfRange, Field: te.Field, Message: "must be a number within ±2^53"}
	}
	return &Error{Code: BadType, Field: te.Field, Message: fmt.Sprintf("must be %s, not %s", jsonKind(te), te.Value)}
}

func jsonKind(te *json.UnmarshalTypeError) string {
	switch te.Type.Kind().String() {
	case "string":
		return "a string"
	case "float64":
		return "a number"
	case "int64":
		return "a whole number"
	case "uint64":
		return "a whole number from 0"
	case "map":
		return "an object"
	}
	return "another type"
}

// CheckIdentity refuses an event whose identity is not sound: (source, seq) or
// id or neither, never both. Such a refusal consumes nothing.
func (e *Event) CheckIdentity() *Error {
	switch {
	case e.ID != "" && (e.Seq != 0 || e.Source != ""):
		return &Error{Code: BadIdentity, Field: "id", Message: "send either id, or source and seq"}
	case e.ID != "":
		return CheckID("id", e.ID)
	case e.Seq != 0 && e.Source == "":
		return &Error{Code: BadIdentity, Field: "source", Message: "seq needs a source"}
	case e.Source != "" && e.Seq == 0:
		return &Error{Code: BadIdentity, Field: "seq", Message: "source needs a seq from 1"}
	case e.Source != "":
		return CheckName("source", e.Source)
	}
	return nil
}

// CheckContent refuses an event whose content no board could take. It compacts
// the cells in place.
func (e *Event) CheckContent() *Error {
	if err := CheckMember("member", e.Member); err != nil {
		return err
	}
	if err := e.checkScore(); err != nil {
		return err
	}
	if e.Tie != nil && (*e.Tie > int64(MaxScore) || *e.Tie < -int64(MaxScore)) {
		return &Error{Code: OutOfRange, Field: "tie", Message: "must be a whole number within ±2^53"}
	}
	if e.Name != nil {
		if err := CheckText("name", *e.Name); err != nil {
			return err
		}
	}
	if e.Group != nil {
		if err := CheckText("group", *e.Group); err != nil {
			return err
		}
	}
	if e.Audience != "" && e.Audience != AudiencePublic {
		return &Error{Code: BadRequest, Field: "audience", Message: "must be public or absent"}
	}
	return e.checkCells()
}

func (e *Event) checkScore() *Error {
	switch e.Op {
	case OpSet, OpIncr, OpBest:
		if e.Score == nil {
			return &Error{Code: BadRequest, Field: "score", Message: "is required by op " + e.Op}
		}
		if s := *e.Score; math.IsNaN(s) || math.Abs(s) > MaxScore {
			return &Error{Code: OutOfRange, Field: "score", Message: "must be a number within ±2^53"}
		}
	case OpRemove, OpPatch:
		if e.Score != nil || e.Tie != nil {
			return &Error{Code: BadRequest, Field: "score", Message: "op " + e.Op + " takes no score and no tie"}
		}
	default:
		return &Error{Code: BadOp, Field: "op", Message: "must be set, incr, best, remove or patch"}
	}
	return nil
}

func (e *Event) checkCells() *Error {
	total := 0
	for key, cell := range e.Cells {
		field := "cells." + key
		if key == "" || len(key) > MaxID || !plain(key) {
			return &Error{Code: BadCells, Field: "cells", Message: fmt.Sprintf("a key must be 1 to %d bytes without control characters", MaxID)}
		}
		var buf bytes.Buffer
		if err := json.Compact(&buf, cell); err != nil {
			return &Error{Code: BadCells, Field: field, Message: "is not JSON"}
		}
		if buf.Len() > MaxCell {
			return &Error{Code: BadCells, Field: field, Message: fmt.Sprintf("must be at most %d bytes", MaxCell)}
		}
		if total += len(key) + buf.Len() + 4; total > MaxCells {
			return &Error{Code: BadCells, Field: "cells", Message: fmt.Sprintf("must be at most %d bytes in all", MaxCells)}
		}
		e.Cells[key] = buf.Bytes()
	}
	return nil
}

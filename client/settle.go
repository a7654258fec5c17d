package client

import (
	"fmt"

	"rollcall/wire"
)

// settle takes the answer to a message: final results are kept, the first
// transient refusal is noted. The error is one that sending again cannot cure.
func (m *message) settle(cl *call) error {
	switch e := cl.err.(type) {
	case nil:
	case *wire.Error:
		if again(e) || e.Code == wire.Gap {
			m.refusal = e
			return nil
		}
		return e
	default:
		return nil // lost: nothing is known
	}
	if len(m.answer.Results) != len(m.results) {
		return fmt.Errorf("the server answered %d events with %d results", len(m.results), len(m.answer.Results))
	}
	for i, r := range m.answer.Results {
		if m.results[i].Status != "" {
			continue
		}
		if r.Status != wire.Refused || r.Error == nil {
			m.results[i] = r
			continue
		}
		if !again(r.Error) && r.Error.Code != wire.Gap {
			m.results[i] = r
		} else if m.refusal == nil {
			m.refusal = r.Error
		}
	}
	return nil
}

// aimedAtSender reports whether a refusal is about who sends to which board:
// it consumes no seq and meets every further event of the source too.
func aimedAtSender(c wire.Code) bool {
	switch c {
	case wire.Fenced, wire.StaleEpoch, wire.UnknownBoard, wire.Forbidden:
		return true
	}
	return false
}

func (m *message) settled() bool { return m.first() == len(m.results) }

// first is the index of the first event without a final result.
func (m *message) first() int {
	for i := range m.results {
		if m.results[i].Status == "" {
			return i
		}
	}
	return len(m.results)
}

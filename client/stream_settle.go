package client

import (
	"fmt"

	"rollcall/wire"
)

// settle takes the answer to a message. The error is one that sending again
// cannot cure.
func (st *stream) settle(b *batch) error {
	switch e := b.call.err.(type) {
	case nil:
	case *wire.Error:
		return st.refused(b.from, e)
	default:
		st.halted = true // lost: nothing is known
		return nil
	}
	if len(b.answer.Results) != b.n {
		return fmt.Errorf("the server answered %d events with %d results", b.n, len(b.answer.Results))
	}
	clean := true
	for i, r := range b.answer.Results {
		seq := b.from + uint64(i)
		if r.Status == wire.Refused && r.Error != nil && !final(r.Error) {
			clean = false
			if err := st.refused(seq, r.Error); err != nil {
				return err
			}
			continue
		}
		st.keep(seq, r)
	}
	if clean {
		st.s.cleared(b.doubts)
	}
	return nil
}

// final reports whether a refusal is about the event, which has consumed its
// seq.
func final(e *wire.Error) bool {
	return !again(e) && e.Code != wire.Gap && !aimedAtSender(e.Code)
}

// refused notes a refusal that consumed nothing, or returns it if the Source
// can do nothing about it.
func (st *stream) refused(seq uint64, e *wire.Error) error {
	switch {
	case again(e), e.Code == wire.Gap, e.Code == wire.StaleEpoch, e.Code == wire.Fenced:
	default:
		return e
	}
	st.halted = true
	if st.refusal == nil || seq < st.at {
		st.refusal, st.at = e, seq
	}
	return nil
}

// keep takes a final result; the first one of an event stands.
func (st *stream) keep(seq uint64, r wire.Result) {
	if seq >= st.base && st.results[seq-st.base].Status == "" {
		st.results[seq-st.base] = r
	}
	st.s.mu.Lock()
	defer st.s.mu.Unlock()
	st.s.box.settle(seq)
}

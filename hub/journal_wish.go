package hub

import "rollcall/wire"

// wantsJournal reads the wish of a request for the journal, as text.
func (h *Hub) wantsJournal(text string) (bool, *wire.Error) {
	switch text {
	case "", "false":
		return false, nil
	case "true":
		return true, h.mayJournal()
	}
	return false, badJournal("must be true or false")
}

// mayJournal is why no request can have a journal, nil if it can.
func (h *Hub) mayJournal() *wire.Error {
	switch {
	case !h.cfg.Shared:
		return badJournal("is not needed here: this node's own store cannot go back behind what it has acknowledged")
	case h.cfg.Journal == nil:
		return badJournal("this node keeps no journal; start it with --journal")
	}
	return nil
}

func badJournal(message string) *wire.Error {
	return &wire.Error{Code: wire.BadRequest, Field: "journal", Message: message}
}

// unnumbered is why an event cannot be kept: an id is remembered for minutes
// only, so that sent again later it would count twice.
func unnumbered(in *wire.Incoming) *wire.Error {
	if in.Event.Source != "" && in.Event.Seq != 0 {
		return nil
	}
	return badJournal("keeps only events with source and seq")
}

// allNumbered is why a request's events cannot be kept.
func allNumbered(in []wire.Incoming) *wire.Error {
	for i := range in {
		if fault := unnumbered(&in[i]); fault != nil {
			return fault
		}
	}
	return nil
}

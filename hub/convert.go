package hub

import (
	"encoding/json"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// toEvent turns a checked wire event into the domain's. A nil cell value
// deletes there what JSON null deletes here.
func toEvent(in *wire.Incoming) leaderboard.Event {
	w := &in.Event
	e := leaderboard.Event{
		Member: w.Member, Op: leaderboard.Op(w.Op), Tie: w.Tie, Name: w.Name, Group: w.Group,
		Source: w.Source, Seq: w.Seq, Generation: w.Generation, ID: w.ID, Epoch: w.Epoch,
		Public: w.Audience == wire.AudiencePublic,
	}
	if w.Score != nil {
		e.Score = *w.Score + 0 // -0 becomes 0
	}
	if len(w.Cells) > 0 {
		e.Cells = make(leaderboard.Cells, len(w.Cells))
		for k, v := range w.Cells {
			if string(v) == "null" {
				v = nil
			}
			e.Cells[k] = v
		}
	}
	if in.Fault != nil {
		e.Refused = &leaderboard.Refusal{Code: string(in.Fault.Code), Field: in.Fault.Field, Message: in.Fault.Message}
	}
	return e
}

func toResult(w *wire.Event, head leaderboard.Head, r *leaderboard.Result) wire.Result {
	res := wire.Result{
		Status: string(r.Status), Epoch: head.Epoch, Version: r.Version, Member: w.Member,
		Score: r.Score, Improved: r.Improved, ID: w.ID,
	}
	if f := r.Refusal; f != nil {
		res.Error = &wire.Error{Code: wire.Code(f.Code), Field: f.Field, Message: f.Message, Expected: f.Expected}
		if res.Error.Code.Transient() {
			res.Error.RetryAfterMS = retryAfter.Milliseconds()
		}
	}
	return res
}

func refused(w *wire.Event, fault *wire.Error) wire.Result {
	return wire.Result{Status: wire.Refused, Member: w.Member, ID: w.ID, Error: fault}
}

func toWireRules(r leaderboard.Rules) wire.Rules {
	w := wire.Rules{Title: r.Title, Order: string(r.Order), Tie: string(r.Tie), Scheme: string(r.Scheme), Ack: string(r.Ack)}
	for _, c := range r.Columns {
		w.Columns = append(w.Columns, wire.Column(c))
	}
	return w
}

func toRules(w wire.Rules) leaderboard.Rules {
	r := leaderboard.Rules{
		Title: w.Title, Order: leaderboard.Order(w.Order), Tie: leaderboard.TieRule(w.Tie), Scheme: leaderboard.Scheme(w.Scheme),
		Ack: leaderboard.Level(w.Ack),
	}
	for _, c := range w.Columns {
		r.Columns = append(r.Columns, leaderboard.Column(c))
	}
	return r.WithDefaults()
}

func toEntry(r leaderboard.Ranked) wire.Entry {
	cells := map[string]json.RawMessage(r.Cells)
	if cells == nil {
		cells = map[string]json.RawMessage{}
	}
	return wire.Entry{Rank: r.Rank, Member: r.Member, Name: r.Name, Group: r.Group, Score: r.Score, Tie: r.Tie, Cells: cells}
}

func toEntries(rs []leaderboard.Ranked) []wire.Entry {
	es := make([]wire.Entry, len(rs))
	for i, r := range rs {
		es[i] = toEntry(r)
	}
	return es
}

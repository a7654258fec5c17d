package leaderboard

import (
	"errors"
	"time"
)

// ErrIdentity is a defect of the caller: an event without identity, with two,
// or with an operation that does not exist. Nothing of its batch is applied.
var ErrIdentity = errors.New("an event needs either source and seq or id, and a known operation")

// Apply judges a batch in order and applies what it takes, as one step; now is
// the store's clock, which the window of ids goes by. The result of each event
// stands in Outcome.Results. The error is ErrIdentity.
//
// An event of a source after one that was turned away without consuming its
// seq (fenced, stale_epoch) gets the same answer; after a gap it is a gap too.
func (s *State) Apply(batch []Event, now time.Time) (*Change, error) {
	if err := CheckIdentity(batch); err != nil {
		return nil, err
	}
	c := s.begin()
	c.OldIDs = s.ids.expire(now)
	c.Outcome.Results = make([]Result, len(batch))
	a := applier{State: s, change: c, now: now, scores: make([]float64, len(batch))}
	for i := range batch {
		a.judge(&batch[i], &c.Outcome.Results[i], &a.scores[i])
	}
	s.finish(c, nil)
	return c, nil
}

// CheckIdentity is ErrIdentity if an event of the batch has no sound identity or
// no known operation. Nothing of such a batch may be applied.
func CheckIdentity(batch []Event) error {
	for i := range batch {
		if !batch[i].wellFormed() {
			return ErrIdentity
		}
	}
	return nil
}

func (e *Event) wellFormed() bool {
	if (e.Source == "") == (e.ID == "") || (e.Source == "" && e.Seq != 0) || (e.Source != "" && e.Seq == 0) {
		return false
	}
	switch e.Op {
	case Set, Incr, Best, Remove, Patch:
		return true
	}
	return e.Refused != nil
}

// applier is one Apply under way.
type applier struct {
	*State
	change *Change
	now    time.Time
	turned map[string]*Refusal // sources turned away in this batch
	scores []float64           // what Result.Score points to
}

// judge answers one event.
func (a *applier) judge(e *Event, res *Result, score *float64) {
	refusal, known := a.identify(e)
	switch {
	case refusal != nil:
		*res = Result{Status: Refused, Refusal: refusal}
	case known:
		*res = Result{Status: Duplicate}
	default:
		*res = a.take(e)
	}
	res.Version = a.head.Version
	if entry := a.rows.get(e.Member); entry != nil {
		*score = entry.Score
		res.Score = score
	}
}

// take applies an event that is new, and remembers it if it is refused.
func (a *applier) take(e *Event) Result {
	refusal := e.Refused
	var improved *bool
	if refusal == nil {
		improved, refusal = a.do(e)
	}
	if refusal == nil {
		return Result{Status: Applied, Improved: improved}
	}
	a.remember(e, *refusal)
	return Result{Status: Refused, Refusal: refusal}
}

// remember notes a permanent refusal beside the identity it consumed.
func (a *applier) remember(e *Event, r Refusal) {
	if e.Source != "" {
		a.sources[e.Source].refuse(r)
		return
	}
	used := a.ids.refuse(e.ID, r)
	a.change.NewIDs[len(a.change.NewIDs)-1] = used
}

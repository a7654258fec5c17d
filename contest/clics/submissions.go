package clics

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// attempt is a submission of a visible team on a known problem.
type attempt struct {
	place
	id   ident
	at   time.Duration
	born int
}

// inOrder is the order in which submissions count.
func inOrder(a, b *attempt) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.born, b.born))
}

func (s *scorer) applySubmissions(u *update[submission]) error {
	for _, id := range gone(u, s.submissions) {
		s.dropSubmission(id)
	}
	for _, e := range u.put {
		if err := s.putSubmission(e.id, e.data); err != nil {
			return fmt.Errorf("%.140q: %w", e.id, err)
		}
	}
	return nil
}

func (s *scorer) dropSubmission(id ident) {
	a := s.submissions[id]
	if a == nil {
		return
	}
	delete(s.submissions, id)
	s.attempts[a.place] = slices.DeleteFunc(s.attempts[a.place], func(b *attempt) bool { return a == b })
	s.dirty[a.place] = true
}

// putSubmission puts a new or changed submission where it counts. One that
// changed keeps its order of appearance.
func (s *scorer) putSubmission(id ident, sub submission) error {
	a := &attempt{id: id, place: place{sub.Team, sub.Problem}}
	if old := s.submissions[id]; old != nil {
		a.born = old.born
		s.dropSubmission(id)
	} else {
		a.born = s.nextBorn()
	}
	if !s.onBoard(a.place) {
		return nil
	}
	var err error
	if a.at, err = s.contestTime(sub); err != nil {
		return err
	}
	s.submissions[id] = a
	if end := s.feed.contest.Duration; end.set && a.at >= end.d {
		return nil
	}
	all := s.attempts[a.place]
	i, _ := slices.BinarySearchFunc(all, a, inOrder)
	s.attempts[a.place] = slices.Insert(all, i, a)
	s.dirty[a.place] = true
	s.at = max(s.at, a.at)
	return nil
}

func (s *scorer) onBoard(p place) bool {
	_, known := s.feed.problems[p.problem]
	return known && s.rows[p.team] != nil
}

// contestTime is the submission's own, or else its time since the start.
func (s *scorer) contestTime(sub submission) (time.Duration, error) {
	if sub.ContestTime.set {
		return sub.ContestTime.d, nil
	}
	if start := s.feed.contest.StartTime; start.set && sub.Time.set {
		return sub.Time.t.Sub(start.t), nil
	}
	return 0, errors.New("contest_time is missing, and time or the contest's start_time too")
}

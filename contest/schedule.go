package contest

import (
	"time"

	"github.com/goccy/go-yaml/ast"
)

// schedule is a file's times as they were written, each with its node.
type schedule struct {
	start, end stamp
	duration   time.Duration
	durationAt ast.Node
}

type stamp struct {
	t time.Time
	n ast.Node
}

func (s *schedule) readTime(into *stamp) func(string, ast.Node) error {
	return func(field string, n ast.Node) error {
		var v string
		if err := text(&v)(field, n); err != nil {
			return err
		}
		t, err := time.Parse(time.RFC3339, v)
		if err != nil || t.Year() < 1970 {
			return at(n, field, "must be a time with its offset, as 2026-03-02T09:30:00+05:30")
		}
		*into = stamp{t, n}
		return nil
	}
}

// maxDuration keeps End within what a page can count down to.
const maxDuration = 366 * 24 * time.Hour

func (s *schedule) readDuration(field string, n ast.Node) error {
	var v string
	if err := text(&v)(field, n); err != nil {
		return err
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 || d > maxDuration {
		return at(n, field, "must be more than 0 and at most 366 days, as 3h or 2h30m")
	}
	s.duration, s.durationAt = d, n
	return nil
}

// span is from start to end; both are zero if the file has no times.
func (s *schedule) span() (start, end time.Time, err error) {
	switch {
	case s.start.n == nil && s.durationAt != nil:
		return start, end, at(s.durationAt, "duration", "needs start")
	case s.start.n == nil && s.end.n != nil:
		return start, end, at(s.end.n, "end", "needs start")
	case s.start.n == nil:
		return start, end, nil
	case s.durationAt != nil && s.end.n != nil:
		return start, end, at(s.end.n, "end", "must not stand beside duration")
	case s.durationAt != nil:
		return s.start.t, s.start.t.Add(s.duration), nil
	case s.end.n == nil:
		return start, end, at(s.start.n, "start", "needs duration or end")
	case !s.end.t.After(s.start.t) || s.end.t.Sub(s.start.t) > maxDuration:
		return start, end, at(s.end.n, "end", "must be after start, and at most 366 days")
	}
	return s.start.t, s.end.t, nil
}

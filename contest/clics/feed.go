package clics

import (
	"errors"
	"fmt"
	"io"
)

// feed is a whole feed read once: the metadata in its last state, and what each
// line did to submissions and judgements.
type feed struct {
	contest       *contest
	types         collection[judgementType]
	problems      collection[problem]
	groups        collection[group]
	organizations collection[organization]
	teams         collection[team]
	steps         []step
}

// step is one line about submissions or judgements.
type step struct {
	line        int
	submissions *update[submission]
	judgements  *update[judgement]
}

// collection holds the objects of one type by id.
type collection[T object] map[ident]T

func (c *collection[T]) take(n notification) error {
	u, err := decode[T](n)
	if err != nil {
		return err
	}
	if *c == nil {
		*c = collection[T]{}
	}
	if u.whole {
		clear(*c)
	}
	delete(*c, u.drop)
	for _, e := range u.put {
		(*c)[e.id] = e.data
	}
	return nil
}

func readFeed(r io.Reader) (*feed, error) {
	f := &feed{}
	if err := eachLine(r, f.take); err != nil {
		return nil, err
	}
	if f.contest == nil {
		return nil, errors.New("no contest: this is not an event feed, or not all of one")
	}
	if s := f.contest.Scoreboard; s != "" && s != "pass-fail" {
		return nil, fmt.Errorf("scoreboard_type %.40q: only pass-fail can be replayed", s)
	}
	return f, nil
}

func (f *feed) take(line int, b []byte) error {
	n, err := parseNotification(b)
	if err != nil {
		return err
	}
	switch n.Type {
	case "contest", "contests":
		return f.takeContest(n)
	case "judgement-types":
		return f.types.take(n)
	case "problems":
		return f.problems.take(n)
	case "groups":
		return f.groups.take(n)
	case "organizations":
		return f.organizations.take(n)
	case "teams":
		return f.teams.take(n)
	case "submissions":
		u, err := decode[submission](n)
		f.steps = append(f.steps, step{line: line, submissions: &u})
		return err
	case "judgements":
		u, err := decode[judgement](n)
		f.steps = append(f.steps, step{line: line, judgements: &u})
		return err
	}
	return nil
}

// takeContest keeps the last contest: a feed is of one, whatever its id.
func (f *feed) takeContest(n notification) error {
	u, err := decode[contest](n)
	if err != nil {
		return err
	}
	f.contest = nil
	for _, e := range u.put {
		f.contest = &e.data
	}
	return nil
}

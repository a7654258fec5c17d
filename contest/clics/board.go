package clics

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rollcall/wire"
)

// rules are how the feed's board ranks and looks.
func (f *feed) rules() (wire.Rules, error) {
	if len(f.problems) > wire.MaxColumns {
		return wire.Rules{}, fmt.Errorf("%d problems: a board has at most %d columns", len(f.problems), wire.MaxColumns)
	}
	r := wire.Rules{
		Title:  shown(cmp.Or(f.contest.FormalName, f.contest.Name)),
		Order:  wire.OrderDesc,
		Tie:    wire.TieGiven,
		Scheme: wire.SchemeCompetition,
	}
	for _, e := range f.problems.sorted(byOrdinal) {
		if err := wire.CheckMember("problem", string(e.id)); err != nil {
			return wire.Rules{}, fmt.Errorf("problem %.140q: %s", e.id, err.Message)
		}
		r.Columns = append(r.Columns, wire.Column{
			ID:    string(e.id),
			Label: shown(string(cmp.Or(e.data.Label, e.id))),
			Name:  shown(e.data.Name),
			Color: color(e.data.RGB, e.data.Color),
		})
	}
	return r, nil
}

func byOrdinal(a, b entry[problem]) int {
	return cmp.Or(cmp.Compare(a.data.Ordinal, b.data.Ordinal), cmp.Compare(a.data.Label, b.data.Label), cmp.Compare(a.id, b.id))
}

// visible are the teams of the board, by id: those not hidden themselves nor by
// a group, and in the group of the main scoreboard where the contest names one.
func (f *feed) visible() ([]entry[team], error) {
	var on []entry[team]
	for _, e := range f.teams.sorted(byID[team]) {
		if f.hidden(e.data) {
			continue
		}
		if err := wire.CheckMember("team", string(e.id)); err != nil {
			return nil, fmt.Errorf("team %.140q: %s", e.id, err.Message)
		}
		on = append(on, e)
	}
	return on, nil
}

func (f *feed) hidden(t team) bool {
	if t.Hidden || slices.ContainsFunc(t.Groups, func(id ident) bool { return f.groups[id].Hidden }) {
		return true
	}
	main := f.contest.MainGroup
	return main != "" && !slices.Contains(t.Groups, main)
}

// teamName is what the board calls a team.
func (f *feed) teamName(t entry[team]) string {
	return cmp.Or(shown(t.data.DisplayName), shown(t.data.Name), string(t.id))
}

// affiliation is what the board shows as a team's group: the short name of its
// organization, else its first group that has a name.
func (f *feed) affiliation(t team) string {
	o := f.organizations[t.Organization]
	if name := shown(cmp.Or(o.Name, o.FormalName)); name != "" {
		return name
	}
	for _, id := range t.Groups {
		if name := shown(f.groups[id].Name); name != "" {
			return name
		}
	}
	return ""
}

func byID[T object](a, b entry[T]) int { return cmp.Compare(a.id, b.id) }

// sorted lists a collection in an order that is total.
func (c collection[T]) sorted(order func(a, b entry[T]) int) []entry[T] {
	all := make([]entry[T], 0, len(c))
	for id, v := range c {
		all = append(all, entry[T]{id, v})
	}
	slices.SortFunc(all, order)
	return all
}

var hexForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// color returns the first that is a colour as #rrggbb, or "".
func color(colors ...string) string {
	for _, c := range colors {
		if hexForm.MatchString(c) {
			return strings.ToLower(c)
		}
	}
	return ""
}

// shown makes any text of a feed one that wire.CheckText takes: real names hold
// direction marks, line breaks and broken characters, and may be long.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	for len(s) > wire.MaxText {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}

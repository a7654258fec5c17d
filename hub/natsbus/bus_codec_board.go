package natsbus

import (
	"math"

	"rollcall/leaderboard"
	"rollcall/wire"
)

func appendDelta(dst []byte, node, board string, d leaderboard.Delta) []byte {
	dst = appendText(appendHead(dst, kindDelta, node), board)
	dst = appendText(appendText(dst, d.PrevChain), d.Chain)
	return leaderboard.AppendDelta(dst, d)
}

// boardMessage is a renewed or doubt message.
func boardMessage(k kind, node, board string) []byte {
	return appendText(appendHead(nil, k, node), board)
}

// decodeBoard reads the body of a renewed or doubt message of the board that
// its subject names.
func decodeBoard(board string, body []byte) error {
	s := scanner{b: body}
	said := s.text(wire.MaxName)
	switch {
	case s.err != nil:
		return s.err
	case said != board:
		return bad(badSubject, "board %q on the subject of %q", said, board)
	case len(s.b) > 0:
		return bad(badForm, "%d bytes left over", len(s.b))
	}
	return nil
}

// decodeDelta reads the body of a delta of the board that its subject names.
func decodeDelta(board string, body []byte) (leaderboard.Delta, error) {
	s := scanner{b: body}
	said, prev, chain := s.text(wire.MaxName), s.text(maxToken), s.text(maxToken)
	if s.err != nil {
		return leaderboard.Delta{}, s.err
	}
	if said != board {
		return leaderboard.Delta{}, bad(badSubject, "board %q on the subject of %q", said, board)
	}
	if n, err := countRows(s.b); err != nil || n > maxRows {
		return leaderboard.Delta{}, bad(badSize, "%d rows, at most %d (%v)", n, maxRows, err)
	}
	d, err := leaderboard.DecodeDelta(prev, s.b)
	if err != nil {
		return leaderboard.Delta{}, bad(badForm, "%v", err)
	}
	d.Chain = chain // the store's own, whatever it is made of
	if err := checkDelta(&d); err != nil {
		return leaderboard.Delta{}, err
	}
	return d, nil
}

// countRows reads how many rows an encoded delta says it has, before anything
// is made for them.
func countRows(b []byte) (uint64, error) {
	s := scanner{b: b}
	s.text(maxToken) // epoch
	s.uint()
	s.uint()
	if s.byte() == 1 {
		s.text(maxMessage) // rules
	}
	return s.uint(), s.err
}

// checkDelta refuses what no store makes. Each change of a version touches one
// member or the rules, so a delta has no more rows than versions, and with
// rules none.
func checkDelta(d *leaderboard.Delta) error {
	switch {
	case !token(d.Epoch) || !token(d.Chain) || d.From > 0 && !token(d.PrevChain) || len(d.PrevChain) > 0 && !token(d.PrevChain):
		return bad(badName, "epoch or chain")
	case d.From >= d.To || d.To > uint64(wire.MaxScore):
		return bad(badValue, "from version %d to %d", d.From, d.To)
	case uint64(len(d.Rows)) > d.To-d.From:
		return bad(badValue, "%d rows in %d versions", len(d.Rows), d.To-d.From)
	case d.Rules != nil && len(d.Rows) > 0:
		return bad(badValue, "rules and rows")
	}
	if d.Rules != nil {
		return checkRules(d.Rules)
	}
	seen := make(map[string]struct{}, len(d.Rows))
	for i := range d.Rows {
		if err := checkRow(&d.Rows[i]); err != nil {
			return err
		}
		seen[d.Rows[i].Member] = struct{}{}
	}
	if len(seen) < len(d.Rows) {
		return bad(badValue, "a member twice")
	}
	return nil
}

func checkRow(row *leaderboard.Row) error {
	if fault := wire.CheckMember("member", row.Member); fault != nil {
		return faulty(fault)
	}
	if row.Removed {
		return nil
	}
	if math.IsNaN(row.Score) {
		return bad(badValue, "score")
	}
	if row.Score == 0 {
		row.Score = 0 // -0 is 0
	}
	// The content of a row is that of an event that sets all of it.
	e := wire.Event{
		Member: row.Member, Op: wire.OpSet, Score: &row.Score, Tie: &row.Tie,
		Name: &row.Name, Group: &row.Group, Cells: row.Cells,
	}
	if fault := e.CheckContent(); fault != nil {
		return faulty(fault)
	}
	return nil
}

func checkRules(r *leaderboard.Rules) error {
	known := (r.Order == leaderboard.Desc || r.Order == leaderboard.Asc) &&
		(r.Tie == leaderboard.Reached || r.Tie == leaderboard.Given || r.Tie == leaderboard.None) &&
		(r.Scheme == leaderboard.Competition || r.Scheme == leaderboard.Dense || r.Scheme == leaderboard.Ordinal)
	if !known {
		return bad(badValue, "rules %q, %q, %q", r.Order, r.Tie, r.Scheme)
	}
	if len(r.Columns) > wire.MaxColumns {
		return bad(badSize, "%d columns, at most %d", len(r.Columns), wire.MaxColumns)
	}
	texts := []string{r.Title}
	for _, c := range r.Columns {
		if fault := wire.CheckID("column", c.ID); fault != nil {
			return bad(badName, "column %s", fault.Message)
		}
		texts = append(texts, c.Label, c.Name, c.Color)
	}
	for _, text := range texts {
		if fault := wire.CheckText("rules", text); fault != nil {
			return faulty(fault)
		}
	}
	return nil
}

// token reports whether s can be an epoch or chain: opaque, but short and
// printable.
func token(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxToken
}

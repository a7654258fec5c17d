package boardtest

import (
	"encoding/json"
	"maps"
	"math"
	"time"

	"rollcall/leaderboard"
)

// model is the contract once more, written for plainness: it keeps every
// event's fate by its identity and copies whatever it changes. It shares no
// code with leaderboard.State.
type model struct {
	rules   leaderboard.Rules
	epoch   string
	version uint64
	rows    map[string]leaderboard.Entry
	seqs    map[string]uint64
	gens    map[string]uint64
	refused map[string]map[uint64]string // source, seq, code
	ids     map[string]*modelID
	window  time.Duration
	limit   int
}

type modelID struct {
	at   time.Time
	body leaderboard.Event
	code string // "" = applied
}

func newModel(epoch string, rules leaderboard.Rules, window time.Duration, limit int) *model {
	return &model{
		rules: rules.WithDefaults(), epoch: epoch, window: window, limit: limit,
		rows: map[string]leaderboard.Entry{}, seqs: map[string]uint64{}, gens: map[string]uint64{},
		refused: map[string]map[uint64]string{}, ids: map[string]*modelID{},
	}
}

// verdict is what the model says of one event.
type verdict struct {
	status   leaderboard.Status
	code     string
	expected uint64
	improved *bool
	version  uint64
	score    *float64
}

func (m *model) apply(batch []leaderboard.Event, now time.Time) []verdict {
	for id, used := range m.ids {
		if now.Sub(used.at) >= m.window {
			delete(m.ids, id)
		}
	}
	blocked := map[string]string{}
	out := make([]verdict, len(batch))
	for i, e := range batch {
		v := m.judge(e, now, blocked)
		v.version = m.version
		if row, ok := m.rows[e.Member]; ok {
			v.score = &row.Score
		}
		out[i] = v
	}
	return out
}

func (m *model) judge(e leaderboard.Event, now time.Time, blocked map[string]string) verdict {
	if code := blocked[e.Source]; e.Source != "" && code != "" {
		return verdict{status: leaderboard.Refused, code: code}
	}
	if e.Epoch != "" && e.Epoch != m.epoch {
		blocked[e.Source] = leaderboard.CodeStaleEpoch
		return verdict{status: leaderboard.Refused, code: leaderboard.CodeStaleEpoch}
	}
	if e.Source != "" {
		return m.judgeSeq(e, blocked)
	}
	return m.judgeID(e, now)
}

func (m *model) judgeSeq(e leaderboard.Event, blocked map[string]string) verdict {
	last := m.seqs[e.Source]
	switch {
	case e.Generation != 0 && e.Generation != m.gens[e.Source]:
		blocked[e.Source] = leaderboard.CodeFenced
		return verdict{status: leaderboard.Refused, code: leaderboard.CodeFenced}
	case e.Seq > last+1:
		return verdict{status: leaderboard.Refused, code: leaderboard.CodeGap, expected: last + 1}
	case e.Seq <= last:
		if code := m.refused[e.Source][e.Seq]; code != "" {
			return verdict{status: leaderboard.Refused, code: code}
		}
		return verdict{status: leaderboard.Duplicate}
	}
	m.seqs[e.Source] = e.Seq
	v := m.do(e)
	if v.code != "" {
		if m.refused[e.Source] == nil {
			m.refused[e.Source] = map[uint64]string{}
		}
		m.refused[e.Source][e.Seq] = v.code
	}
	return v
}

func (m *model) judgeID(e leaderboard.Event, now time.Time) verdict {
	if used := m.ids[e.ID]; used != nil {
		switch {
		case !sameBody(used.body, e):
			return verdict{status: leaderboard.Refused, code: leaderboard.CodeIDConflict}
		case used.code != "":
			return verdict{status: leaderboard.Refused, code: used.code}
		}
		return verdict{status: leaderboard.Duplicate}
	}
	if len(m.ids) >= m.limit {
		return verdict{status: leaderboard.Refused, code: leaderboard.CodeBusy}
	}
	v := m.do(e)
	m.ids[e.ID] = &modelID{at: now, body: e, code: v.code}
	return v
}

func (m *model) do(e leaderboard.Event) verdict {
	refuse := func(code string) verdict { return verdict{status: leaderboard.Refused, code: code} }
	old, there := m.rows[e.Member]
	scores := e.Op == leaderboard.Set || e.Op == leaderboard.Incr || e.Op == leaderboard.Best
	switch {
	case e.Refused != nil:
		return refuse(e.Refused.Code)
	case e.Tie != nil && (m.rules.Tie != leaderboard.Given || !scores):
		return refuse(leaderboard.CodeBadTie)
	case e.Tie == nil && m.rules.Tie == leaderboard.Given && e.Op == leaderboard.Best:
		return refuse(leaderboard.CodeBadTie)
	case e.Op == leaderboard.Patch && !there:
		return refuse(leaderboard.CodeUnknownMember)
	case e.Op == leaderboard.Remove:
		if there {
			delete(m.rows, e.Member)
			m.version++
		}
		return verdict{status: leaderboard.Applied}
	}
	row := old
	row.Member, row.Cells = e.Member, maps.Clone(old.Cells)
	switch e.Op {
	case leaderboard.Set, leaderboard.Best:
		row.Score = e.Score
	case leaderboard.Incr:
		row.Score += e.Score
	}
	if math.Abs(row.Score) > float64(leaderboard.MaxScore) {
		return refuse(leaderboard.CodeOutOfRange)
	}
	v := verdict{status: leaderboard.Applied}
	if e.Op == leaderboard.Best {
		better := !there || m.before(e.Score, e.Tie, old)
		if v.improved = &better; !better {
			return v
		}
	}
	if e.Tie != nil {
		row.Tie = *e.Tie
	}
	if e.Name != nil {
		row.Name = *e.Name
	}
	if e.Group != nil {
		row.Group = *e.Group
	}
	for k, c := range e.Cells {
		if c == nil {
			delete(row.Cells, k)
			continue
		}
		if row.Cells == nil {
			row.Cells = leaderboard.Cells{}
		}
		row.Cells[k] = c
	}
	if total := cellBytes(row.Cells); total > leaderboard.MaxCellBytes && !maps.EqualFunc(row.Cells, old.Cells, equalBytes) {
		return refuse(leaderboard.CodeBadCells)
	}
	if there && row.Score == old.Score && row.Tie == old.Tie && row.Name == old.Name && row.Group == old.Group && maps.EqualFunc(row.Cells, old.Cells, equalBytes) {
		return v
	}
	m.version++
	if m.rules.Tie == leaderboard.Reached && (!there || row.Score != old.Score) {
		row.Tie = int64(m.version)
	}
	m.rows[e.Member] = row
	return v
}

// before says whether (score, tie) ranks before a row.
func (m *model) before(score float64, tie *int64, row leaderboard.Entry) bool {
	switch {
	case score > row.Score:
		return m.rules.Order == leaderboard.Desc
	case score < row.Score:
		return m.rules.Order == leaderboard.Asc
	}
	return m.rules.Tie == leaderboard.Given && *tie < row.Tie
}

func equalBytes[T ~[]byte](a, b T) bool { return string(a) == string(b) }

func cellBytes(cells leaderboard.Cells) int {
	total := len("{}")
	for k, v := range cells {
		total += len(`"`) + len(k) + len(`":`) + len(v) + len(",")
	}
	if len(cells) > 0 {
		total -= len(",")
	}
	return total
}

func sameBody(a, b leaderboard.Event) bool {
	return a.Member == b.Member && a.Op == b.Op && a.Score == b.Score && a.Public == b.Public &&
		same(a.Tie, b.Tie) && same(a.Name, b.Name) && same(a.Group, b.Group) &&
		maps.EqualFunc(a.Cells, b.Cells, func(x, y json.RawMessage) bool { return (x == nil) == (y == nil) && string(x) == string(y) })
}

func same[T comparable](a, b *T) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

package clics

import (
	"cmp"
	"slices"
)

// verdict is a judgement with its order of appearance.
type verdict struct {
	judgement
	born int
}

// byStart orders judgements of one submission; the last one counts. One that
// does not tell its start is taken as of the contest's start.
func byStart(a, b *verdict) int {
	return cmp.Or(cmp.Compare(a.Start.d, b.Start.d), cmp.Compare(a.born, b.born))
}

func (s *scorer) applyJudgements(u *update[judgement]) {
	for _, id := range gone(u, s.judgements) {
		s.dropJudgement(id)
	}
	for _, e := range u.put {
		s.putJudgement(e.id, e.data)
	}
}

func (s *scorer) dropJudgement(id ident) {
	v := s.judgements[id]
	if v == nil {
		return
	}
	delete(s.judgements, id)
	s.judged[v.Submission] = slices.DeleteFunc(s.judged[v.Submission], func(w *verdict) bool { return v == w })
	s.touch(v.Submission)
}

// putJudgement puts a new or changed judgement. One that changed keeps its
// order of appearance.
func (s *scorer) putJudgement(id ident, j judgement) {
	v := &verdict{judgement: j}
	if old := s.judgements[id]; old != nil {
		v.born = old.born
		s.dropJudgement(id)
	} else {
		v.born = s.nextBorn()
	}
	s.judgements[id] = v
	s.judged[j.Submission] = append(s.judged[j.Submission], v)
	s.touch(j.Submission)
	s.at = max(s.at, j.Start.d, j.End.d)
}

// touch marks the cell of a submission, if there is one yet.
func (s *scorer) touch(submission ident) {
	if a := s.submissions[submission]; a != nil {
		s.dirty[a.place] = true
	}
}

// verdict returns what a submission was judged to be; false while it is pending.
func (s *scorer) verdict(submission ident) (judgementType, bool) {
	var last *verdict
	for _, v := range s.judged[submission] {
		if v.counts() && (last == nil || byStart(v, last) > 0) {
			last = v
		}
	}
	if last == nil || last.Type == "" || last.Type == "JE" {
		return judgementType{}, false
	}
	if t, ok := s.feed.types[last.Type]; ok {
		return t, true
	}
	return knownType(last.Type), true
}

// knownType judges by the standard's list of known types what the feed itself
// never says.
func knownType(id ident) judgementType {
	return judgementType{Solved: id == "AC", Penalty: id != "AC" && id != "CE"}
}

package faults_test

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"rollcall/wire"
)

// The second opinion: porcupine (github.com/anishathalye/porcupine) looks for an
// order of the events of each member in which every answer is true, where
// several senders push at once. It sees
// what the ledger does not, an answer that tells a score which the member never
// had; and it does not see what the ledger does, a double that hides behind an
// event of unknown fate.
func init() { further = append(further, judgeLinear) }

// move is one event on a member, or, with by 0, what its duplicate was told.
type move struct {
	by uint64
	of uint64 // the digit that must be there: a duplicate of what has counted
}

// told is the score in an answer; known false where there was none.
type told struct {
	score uint64
	known bool
}

var memberModel = porcupine.Model{
	Init: func() any { return uint64(0) },
	Step: func(state, input, output any) (bool, any) {
		score, in, out := state.(uint64), input.(move), output.(told)
		if in.of > 0 && score/in.of&3 == 0 {
			return false, score
		}
		score += in.by
		return !out.known || out.score == score, score
	},
	DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v: %+v", in, out) },
}

// opinionTime bounds the search for one member.
const opinionTime = 5 * time.Second

func judgeLinear(w *world) {
	if w.mayForget() {
		return // a store that forgets has no such order
	}
	for _, s := range w.streams {
		if s.numbered { // one sender, so there is one order
			if wrong := s.inTurn(); wrong != "" {
				w.complain("linear", "board %s: %s", s.board, wrong)
			}
			continue
		}
		for member, ops := range s.moves() {
			switch porcupine.CheckOperationsTimeout(memberModel, ops, opinionTime) {
			case porcupine.Illegal:
				w.complain("linear", "board %s: no order of the events of %s fits the answers: %+v", s.board, member, ops)
			case porcupine.Unknown:
				w.t.Logf("board %s: porcupine had no opinion of %s within %v", s.board, member, opinionTime)
			}
		}
	}
}

// inTurn says which answer of a numbered stream told another score than all
// events up to it make.
func (s *stream) inTurn() string {
	sum := uint64(0)
	for k, e := range s.look() {
		if k%width == 0 {
			sum = 0
		}
		if bad(k) != "" {
			continue
		}
		sum += uint64(1) << (2 * (k % width))
		if r := e.result; r.Status == wire.Applied && (r.Score == nil || uint64(*r.Score) != sum) {
			return fmt.Sprintf("event %d of %s was answered %+v; the score was %d", k, s.name, r, sum)
		}
	}
	return ""
}

// moves are the events that counted, or may have, by member.
func (s *stream) moves() map[string][]porcupine.Operation {
	all := map[string][]porcupine.Operation{}
	for k, e := range s.look() {
		if bad(k) != "" {
			continue
		}
		member, bit := s.member(k), uint64(1)<<(2*(k%width))
		op := porcupine.Operation{ClientId: k % width, Input: move{by: bit}, Call: e.first.UnixNano(), Output: told{}, Return: math.MaxInt64}
		if !e.answered.IsZero() {
			op.Return = e.answered.UnixNano()
		}
		switch score := e.result.Score; {
		case score == nil:
		case e.result.Status == wire.Applied:
			op.Output = told{uint64(*score), true}
		case e.result.Status == wire.Duplicate:
			all[member] = append(all[member], porcupine.Operation{
				ClientId: width + k%width, Input: move{of: bit}, Call: op.Call, Output: told{uint64(*score), true}, Return: op.Return,
			})
		}
		all[member] = append(all[member], op)
	}
	return all
}

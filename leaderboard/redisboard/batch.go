package redisboard

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"rollcall/leaderboard"
)

// packBatch writes a batch as scripts/apply.lua takes it. What names and
// senders of a batch have in common is sent once.
func packBatch(batch []leaderboard.Event) []byte {
	var (
		members = list{at: make(map[string]int, len(batch))}
		sources list
		senders = make(map[sender]int, 1)
		who     []byte // senders, packed
		events  = make([]byte, 0, 64*len(batch))
	)
	for i := range batch {
		e := &batch[i]
		from := sender{source: e.Source, epoch: e.Epoch}
		if e.Source != "" {
			from.generation = e.Generation
		}
		at, known := senders[from]
		if !known {
			at = 3*len(senders) + 1
			senders[from] = at
			source := 0
			if e.Source != "" {
				source = sources.add(e.Source)
			}
			who = packSaid(packInt(who, source), e.Epoch, e.Epoch != "")
			who = packSaid(who, strconv.FormatUint(from.generation, 10), from.generation != 0)
		}
		events = packEvent(events, e, members.add(e.Member), at)
	}
	b := make([]byte, 0, len(events)+len(members.packed)+len(sources.packed)+len(who)+16)
	b = append(packList(b, len(members.at)), members.packed...)
	b = append(packList(b, len(sources.at)), sources.packed...)
	b = append(packList(b, 3*len(senders)), who...)
	return append(packList(b, 7*len(batch)), events...)
}

// sender is what every event of a sender says of itself.
type sender struct {
	source, epoch string
	generation    uint64
}

// list numbers texts from 1, in the order in which they come.
type list struct {
	at     map[string]int
	packed []byte
}

func (l *list) add(s string) int {
	if n, ok := l.at[s]; ok {
		return n
	}
	if l.at == nil {
		l.at = make(map[string]int, 1)
	}
	l.packed = packText(l.packed, s)
	l.at[s] = len(l.at) + 1
	return len(l.at)
}

// ops are the numbers that the script knows operations by.
var ops = map[leaderboard.Op]int{leaderboard.Set: 1, leaderboard.Incr: 2, leaderboard.Best: 3, leaderboard.Remove: 4, leaderboard.Patch: 5}

const opRefused = 6 // at the door

func packEvent(dst []byte, e *leaderboard.Event, member, sender int) []byte {
	op := ops[e.Op]
	if e.Refused != nil {
		op = opRefused
	}
	dst = packInt(packInt(dst, op), member)
	dst = packTie(packScore(dst, e.Score), e.Tie)
	dst = packIdentity(packInt(dst, sender), e)
	if e.Refused != nil {
		return packText(dst, encodeRefusal(e.Refused))
	}
	return packDetails(dst, e)
}

// packScore writes what reads back as the same double; −0 is 0, out of range
// is false.
func packScore(dst []byte, v float64) []byte {
	if !(math.Abs(v) <= leaderboard.MaxScore) { // or NaN
		return packBool(dst, false)
	}
	if v == 0 {
		v = 0
	}
	return packText(dst, strconv.FormatFloat(v, 'g', -1, 64))
}

// packTie writes a tie; none is false, out of range is true.
func packTie(dst []byte, tie *int64) []byte {
	switch {
	case tie == nil:
		return packBool(dst, false)
	case *tie > leaderboard.MaxScore || *tie < -leaderboard.MaxScore:
		return packBool(dst, true)
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xd3), uint64(*tie))
}

// maxNumber bounds the seqs that go as numbers: a script counts exactly up to
// 2^53, and has 15 digits for them.
const maxNumber = 1e15

func packIdentity(dst []byte, e *leaderboard.Event) []byte {
	switch {
	case e.Source == "":
		hash := e.Hash()
		return packText(dst, string(hash[:])+e.ID)
	case e.Seq < maxNumber:
		return packUint(dst, e.Seq)
	}
	return packText(dst, strconv.FormatUint(e.Seq-1, 10)+" "+strconv.FormatUint(e.Seq, 10))
}

// packDetails writes what the event says of its row beside score and tie, as a
// packed list of its own: name, group, then each cell; false = not said, or
// delete.
func packDetails(dst []byte, e *leaderboard.Event) []byte {
	if e.Name == nil && e.Group == nil && len(e.Cells) == 0 {
		return packBool(dst, false)
	}
	columns := make([]string, 0, len(e.Cells))
	for column := range e.Cells {
		columns = append(columns, column)
	}
	slices.Sort(columns)
	list := packList(nil, 2+2*len(columns))
	for _, text := range []*string{e.Name, e.Group} {
		if text == nil {
			list = packBool(list, false)
		} else {
			list = packText(list, *text)
		}
	}
	for _, column := range columns {
		v := string(e.Cells[column])
		list = packSaid(packText(list, column), v, v != "" && v != "null")
	}
	return packText(dst, string(list))
}

package natsbus

import (
	"encoding/binary"
	"math"
	"time"

	"rollcall/presence"
	"rollcall/wire"
)

// A transition is its room and user, a byte of kind and away, the version
// before, how far the version moved, the count, the name, since and seen.
// Times are µs since 1970, 0 for none.

const away1 = 0x80 // in the byte of the kind: the user is away

// earliest and latest bound a time, in µs: the years 2000 and 2200. Clocks
// differ, but not by that.
const (
	earliest = 946_684_800_000_000
	latest   = 7_258_118_400_000_000
)

func appendTransition(dst []byte, t *presence.Transition) []byte {
	flags := byte(t.Kind)
	if t.Meta.Away {
		flags |= away1
	}
	dst = append(appendText(appendText(dst, t.Room), t.User), flags)
	dst = binary.AppendUvarint(dst, t.Prev)
	dst = binary.AppendUvarint(dst, t.Version-t.Prev)
	dst = binary.AppendUvarint(dst, uint64(t.Count))
	dst = appendText(dst, t.Meta.Name)
	return appendTime(appendTime(dst, t.Since), t.Seen)
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, 0)
	}
	return binary.AppendUvarint(dst, uint64(t.UnixMicro()))
}

// decodeTransitions reads the body of a transitions message of the partition
// that its subject names.
func decodeTransitions(partition int, body []byte) ([]presence.Transition, error) {
	s := scanner{b: body}
	ts := make([]presence.Transition, 0, min(len(body)/16, maxTransitions))
	for len(s.b) > 0 {
		t := s.transition()
		if s.err != nil {
			return nil, s.err
		}
		if err := checkTransition(partition, &t); err != nil {
			return nil, err
		}
		if len(ts) == maxTransitions {
			return nil, bad(badSize, "more than %d transitions", maxTransitions)
		}
		ts = append(ts, t)
	}
	if len(ts) == 0 {
		return nil, bad(badForm, "no transitions")
	}
	return ts, nil
}

func (s *scanner) transition() (t presence.Transition) {
	t.Room, t.User = s.text(wire.MaxName), s.text(wire.MaxMember)
	flags := s.byte()
	t.Kind, t.Meta.Away = presence.Kind(flags&^away1), flags&away1 != 0
	t.Prev = s.uint()
	step := s.uint()
	if step == 0 || step > math.MaxUint64-t.Prev {
		s.fail(bad(badValue, "version"))
	}
	t.Version = t.Prev + step
	count := s.uint()
	if count > math.MaxInt32 {
		s.fail(bad(badValue, "count %d", count))
		count = 0
	}
	t.Count = int(count)
	t.Meta.Name = s.text(wire.MaxText)
	t.Since, t.Seen = s.time(), s.time()
	return t
}

func (s *scanner) time() time.Time {
	v := s.uint()
	if v == 0 {
		return time.Time{}
	}
	if v < earliest || v > latest {
		s.fail(bad(badValue, "time %d", v))
		return time.Time{}
	}
	return time.UnixMicro(int64(v))
}

func checkTransition(partition int, t *presence.Transition) error {
	if fault := wire.CheckName("room", t.Room); fault != nil {
		return faulty(fault)
	}
	if fault := wire.CheckMember("user", t.User); fault != nil {
		return faulty(fault)
	}
	if fault := wire.CheckText("name", t.Meta.Name); fault != nil {
		return faulty(fault)
	}
	switch {
	case presence.Partition(t.Room) != partition:
		return bad(badSubject, "room %q on the subject of partition %d", t.Room, partition)
	case t.Kind < presence.Joined || t.Kind > presence.Changed:
		return bad(badValue, "kind %d", t.Kind)
	case t.Version > uint64(wire.MaxScore):
		return bad(badValue, "version %d", t.Version)
	}
	return nil
}

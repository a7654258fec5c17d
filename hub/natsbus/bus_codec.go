package natsbus

import (
	"encoding/binary"
	"fmt"

	"rollcall/wire"
)

// A message is its version, its kind, the sender's node id, and a body.
// Integers are varints, texts are prefixed with their length. A node ignores
// versions that it does not know, so old and new ones can run together.
//
//	delta        board, chain before, chain after, leaderboard.AppendDelta
//	renewed      board
//	doubt        board: it changed by a delta too large to be sent
//	transitions  one after the other (bus_codec_room.go)
//	node         wire.NodeInfo as JSON
const codecVersion = 1

// kind is what a message tells.
type kind byte

const (
	kindDelta kind = iota + 1
	kindRenewed
	kindDoubt
	kindTransitions
	kindNode
	kinds // one more than the last
)

var kindNames = [kinds]string{"", "delta", "renewed", "doubt", "transitions", "node"}

// badReason is why a message is not heard. It is a metric's label.
type badReason string

const (
	badVersion badReason = "version" // of another codec
	badKind    badReason = "kind"    // unknown, or not of this subject
	badSubject badReason = "subject" // not the bus's, or not what the message is about
	badSize    badReason = "size"    // over a limit
	badForm    badReason = "form"    // cut off, or something left over
	badName    badReason = "name"    // not a name, id or text
	badValue   badReason = "value"   // out of range
)

var badReasons = []badReason{badVersion, badKind, badSubject, badSize, badForm, badName, badValue}

// messageError is a message that is not heard.
type messageError struct {
	reason badReason
	detail string
}

func (e *messageError) Error() string { return string(e.reason) + ": " + e.detail }

func bad(reason badReason, format string, v ...any) error {
	return &messageError{reason, fmt.Sprintf(format, v...)}
}

// faulty turns a fault of the wire into a bad message.
func faulty(fault *wire.Error) error {
	reason := badValue
	if fault.Code == wire.BadName || fault.Code == wire.TooLong {
		reason = badName
	}
	return bad(reason, "%s %s", fault.Field, fault.Message)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// appendHead begins a message.
func appendHead(dst []byte, k kind, node string) []byte {
	return appendText(append(dst, codecVersion, byte(k)), node)
}

// scanner takes values off the front of b; after the first fault it returns
// zeros and keeps the fault.
type scanner struct {
	b   []byte
	err error
}

func (s *scanner) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	s.b = nil
}

func (s *scanner) byte() byte {
	if len(s.b) == 0 {
		s.fail(bad(badForm, "cut off"))
		return 0
	}
	v := s.b[0]
	s.b = s.b[1:]
	return v
}

func (s *scanner) uint() uint64 {
	v, n := binary.Uvarint(s.b)
	if n <= 0 {
		s.fail(bad(badForm, "not a varint"))
		return 0
	}
	s.b = s.b[n:]
	return v
}

// text takes a text of at most limit bytes.
func (s *scanner) text(limit int) string {
	n := s.uint()
	switch {
	case s.err != nil:
		return ""
	case n > uint64(limit):
		s.fail(bad(badSize, "a text of %d bytes, at most %d", n, limit))
		return ""
	case n > uint64(len(s.b)):
		s.fail(bad(badForm, "cut off"))
		return ""
	}
	v := string(s.b[:n])
	s.b = s.b[n:]
	return v
}

// decodeHead reads what every message begins with; the rest is the body.
func decodeHead(data []byte) (k kind, node string, body []byte, err error) {
	if len(data) > maxMessage {
		return 0, "", nil, bad(badSize, "%d bytes, at most %d", len(data), maxMessage)
	}
	s := scanner{b: data}
	if v := s.byte(); s.err == nil && v != codecVersion {
		return 0, "", nil, bad(badVersion, "%d, want %d", v, codecVersion)
	}
	k, node = kind(s.byte()), s.text(wire.MaxName)
	if s.err != nil {
		return 0, "", nil, s.err
	}
	if k == 0 || k >= kinds {
		return 0, "", nil, bad(badKind, "%d", k)
	}
	if fault := wire.CheckName("node", node); fault != nil {
		return 0, "", nil, faulty(fault)
	}
	return k, node, s.b, nil
}

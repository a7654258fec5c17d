package fanout

import "encoding/binary"

// Opcodes and bits of RFC 6455 §5.2.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA
	final   = 0x80

	maxHeader  = 10
	maxControl = 125 // payload of a control frame
)

// Frame is one whole WebSocket message as a server sends it: header and
// payload in one buffer, never fragmented. It does not change after it was
// made, so any number of sessions share it.
type Frame struct {
	buf    []byte
	header int // length of the header
}

// NewFrame returns a text frame of the payload, which must be UTF-8. It copies
// the payload.
func NewFrame(payload []byte) *Frame { return newFrame(opText, payload) }

// Bytes is header and payload, as they go on the wire. Do not change them.
func (f *Frame) Bytes() []byte { return f.buf }

// Payload is the message without its header. Do not change it.
func (f *Frame) Payload() []byte { return f.buf[f.header:] }

func newFrame(op byte, payload []byte) *Frame {
	buf := make([]byte, 0, headerLen(len(payload))+len(payload))
	buf = append(buf, final|op)
	switch n := len(payload); {
	case n <= 125:
		buf = append(buf, byte(n))
	case n <= 0xFFFF:
		buf = binary.BigEndian.AppendUint16(append(buf, 126), uint16(n))
	default:
		buf = binary.BigEndian.AppendUint64(append(buf, 127), uint64(n))
	}
	header := len(buf)
	return &Frame{buf: append(buf, payload...), header: header}
}

func headerLen(payload int) int {
	switch {
	case payload <= 125:
		return 2
	case payload <= 0xFFFF:
		return 4
	}
	return maxHeader
}

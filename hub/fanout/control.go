package fanout

import (
	"encoding/binary"
	"unicode/utf8"
)

// Pong answers a ping. A pong that still waits is replaced: RFC 6455 §5.5.3
// asks for an answer to the latest ping only, and so pings cannot queue. Data
// beyond 125 bytes is cut off.
func (c *Conn) Pong(data []byte) { c.setUrgent(&c.pong, newControl(opPong, data)) }

// Ping asks the peer for a pong. A ping that still waits is replaced. Data
// beyond 125 bytes is cut off.
func (c *Conn) Ping(data []byte) { c.setUrgent(&c.ping, newControl(opPing, data)) }

// CloseWith starts the close handshake: the answers queued so far go out, then
// the close frame, then nothing. The connection ends when the peer answers or
// is gone, or after Config.CloseTimeout. Keep reading until then. Only the
// first call counts. A reason beyond 123 bytes is cut off; a code that must
// not be sent (1005, 1006, 1015, outside 1000–4999) sends an empty close frame.
func (c *Conn) CloseWith(code int, reason string) {
	c.beginClose(closeFrame(code, reason), Closed, nil)
}

// overflowed closes a session whose outbox passed a bound.
func (c *Conn) overflowed() {
	c.beginClose(closeFrame(c.cfg.SlowCode, c.cfg.SlowText), Slow, ErrSlow)
}

func (c *Conn) setUrgent(slot **Frame, f *Frame) {
	c.mu.Lock()
	*slot = f
	c.mu.Unlock()
	c.out.signal()
}

func newControl(op byte, data []byte) *Frame {
	return newFrame(op, data[:min(len(data), maxControl)])
}

func closeFrame(code int, reason string) *Frame {
	if code < 1000 || code > 4999 || code == 1005 || code == 1006 || code == 1015 {
		return newControl(opClose, nil)
	}
	reason = cutText(reason, maxControl-2)
	payload := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reason)), uint16(code))
	return newControl(opClose, append(payload, reason...))
}

// cutText shortens s to at most n bytes without splitting a character.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

package client

import (
	"time"

	"rollcall/wire"
)

// byeWait is how long a server may take to close a connection after its bye;
// answers to what is under way come until then.
const byeWait = 5 * time.Second

// longestBye bounds what a server can ask for.
const longestBye = 5 * time.Minute

// bye notes that the server is about to close the connection.
func (l *link) bye(b *wire.Bye) {
	if l.told == nil {
		l.leave = time.AfterFunc(byeWait, func() { _ = l.conn.Close() })
	}
	l.told = b
}

// byeAfter is how long after the close the server wants us back.
func byeAfter(b *wire.Bye) time.Duration {
	return time.Duration(min(max(b.AfterMS, 0), longestBye.Milliseconds())) * time.Millisecond
}

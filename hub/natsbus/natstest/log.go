package natstest

import (
	"fmt"
	"sync"
)

// lastLog keeps the last complaint of a server.
type lastLog struct {
	mu   sync.Mutex
	text string
}

func (l *lastLog) say(format string, v []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = fmt.Sprintf(format, v...)
}

func (l *lastLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

func (l *lastLog) Warnf(format string, v ...any)  { l.say(format, v) }
func (l *lastLog) Errorf(format string, v ...any) { l.say(format, v) }

// Fatalf is how a server says that it cannot listen.
func (l *lastLog) Fatalf(format string, v ...any) { l.say(format, v) }

func (l *lastLog) Noticef(string, ...any) {}
func (l *lastLog) Debugf(string, ...any)  {}
func (l *lastLog) Tracef(string, ...any)  {}

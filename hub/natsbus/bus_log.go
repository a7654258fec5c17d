package natsbus

import (
	"log/slog"
	"sync"
	"time"
)

// paced is a log of lines that could come without end: what others send, or a
// server that is away, must not fill it. Counters tell how many there were.
type paced struct {
	log   *slog.Logger
	every time.Duration // between two lines of one text

	mu   sync.Mutex
	next map[string]time.Time // by text; the texts are few and fixed
}

func (p *paced) warn(text string, attrs ...any) {
	p.mu.Lock()
	now := time.Now()
	quiet := now.Before(p.next[text])
	if !quiet {
		if p.next == nil {
			p.next = map[string]time.Time{}
		}
		p.next[text] = now.Add(p.every)
	}
	p.mu.Unlock()
	if !quiet {
		p.log.Warn(text, attrs...)
	}
}

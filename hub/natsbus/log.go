package natsbus

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// serverLog takes what the NATS server logs. Tracing is off, so no message
// and no CONNECT with its token is ever among it.
type serverLog struct {
	log   *slog.Logger
	fatal string // why Start failed; written and read by the goroutine that starts
}

func (l *serverLog) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.say(slog.LevelWarn, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.say(slog.LevelWarn, format, v) }
func (l *serverLog) Debugf(string, ...any)           {}
func (l *serverLog) Tracef(string, ...any)           {}

// Fatalf is how the server reports that it cannot listen.
func (l *serverLog) Fatalf(format string, v ...any) { l.fatal = fmt.Sprintf(format, v...) }

func (l *serverLog) say(level slog.Level, format string, v []any) {
	text := fmt.Sprintf(format, v...)
	if strings.Contains(text, server.ErrAuthentication.Error()) {
		return // the gate has said why, and without the user name, where some put their token
	}
	l.log.Log(context.Background(), level, "nats server", "text", text)
}

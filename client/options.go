package client

import (
	"log/slog"
	"net/http"
	"time"
)

// Option changes how Dial or NewAPI behave.
type Option func(*config)

// config is what the options set.
type config struct {
	token   string
	name    string
	http    *http.Client // nil = one of our own
	log     *slog.Logger
	first   time.Duration // upper bound of the first wait before a reconnect
	longest time.Duration // upper bound of every wait
	silence time.Duration // without a byte from the server the connection is broken
	ack     string        // the least level of acks of Client.Push
}

func newConfig(opts []Option) config {
	cfg := config{
		log:     slog.New(slog.DiscardHandler),
		first:   500 * time.Millisecond,
		longest: 30 * time.Second,
		silence: 45 * time.Second, // the server pings each 15 s ± 20 %: more than two pings missed
	}
	for _, set := range opts {
		set(&cfg)
	}
	return cfg
}

// Token is the credential: the first message carries it over WebSocket, the
// Authorization header over HTTP. It is never part of a URL.
func Token(token string) Option { return func(c *config) { c.token = token } }

// Name is the name shown to others. A hub without keys also takes it as the
// user.
func Name(name string) Option { return func(c *config) { c.name = name } }

// HTTPClient is used for the HTTP API. If its Transport is an *http.Transport,
// the WebSocket connection dials through the same DialContext, proxy and TLS
// settings. Default: a client of our own with a 30 s timeout, whose idle
// connections end with Close.
func HTTPClient(h *http.Client) Option { return func(c *config) { c.http = h } }

// Logger is told of lost and regained connections. Default: nobody.
func Logger(log *slog.Logger) Option { return func(c *config) { c.log = log } }

// Backoff sets the waits between attempts to reconnect: the n-th is drawn
// evenly from 0 up to first·2ⁿ, at most longest. Default 0.5 s and 30 s. It
// starts anew after a connection that lasted 30 s.
func Backoff(first, longest time.Duration) Option {
	return func(c *config) { c.first, c.longest = first, longest }
}

// ReadDeadline is the longest silence of the server before the connection
// counts as broken. Default 45 s; a server pings each 15 s ± 20 %.
func ReadDeadline(d time.Duration) Option { return func(c *config) { c.silence = d } }

// PushAck is the least level of the acks of Client.Push, as Ack is that of a
// Source. Default: the board's.
func PushAck(level string) Option { return func(c *config) { c.ack = level } }

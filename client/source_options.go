package client

// SourceOption changes how a Source behaves.
type SourceOption func(*sourceConfig)

// sourceConfig is what the options set.
type sourceConfig struct {
	ack    string
	events int
	bytes  int
}

func newSourceConfig(opts []SourceOption) sourceConfig {
	cfg := sourceConfig{events: 100_000, bytes: 64 << 20}
	for _, set := range opts {
		set(&cfg)
	}
	return cfg
}

// Ack is the least level of the acks of a Source: wire.AckMemory, AckDisk,
// AckReplica or AckBoth. An event is acknowledged only when that much of it is
// proven; until then Push sends it again. A level that the hub's store can never
// prove fails Push with bad_request. Default: the board's.
func Ack(level string) SourceOption { return func(c *sourceConfig) { c.ack = level } }

// OutboxEvents bounds how many events a Source keeps until they are durable.
// When there are more, the oldest acknowledged are dropped and counted
// (SourceStats.Dropped); if the server forgets one of these, that is a
// *LostError. Default 100,000; 0 keeps only what is not acknowledged.
func OutboxEvents(n int) SourceOption { return func(c *sourceConfig) { c.events = n } }

// OutboxBytes bounds the JSON of the events that a Source keeps until they are
// durable, as OutboxEvents does their number. Default 64 MiB.
func OutboxBytes(n int) SourceOption { return func(c *sourceConfig) { c.bytes = n } }

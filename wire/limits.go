package wire

// Limits of the wire that no setting changes. Sizes are bytes.
const (
	MaxName      = 64               // board, room, source
	MaxMember    = 128              // member, user
	MaxText      = 256              // name, group of an entry; name of a user; title
	MaxID        = 64               // id of an event
	MaxCell      = 512              // one cell, as JSON
	MaxCells     = 8 << 10          // all cells of a row, as JSON
	MaxColumns   = 128              // columns of a board
	MaxBody      = 1 << 20          // a JSON body of events
	MaxEvents    = 40_000           // events in a JSON body; no more good ones fit into MaxBody
	MaxLine      = 64 << 10         // a line of NDJSON
	MaxFrameSize = 64 << 10         // a WebSocket message from a client
	MaxBatch     = 64               // events in one WebSocket or NATS message
	MaxPage      = 1000             // entries or users in one page, rows of a top view
	MaxSpan      = 50               // neighbours on each side of an around view
	MaxScore     = float64(1 << 53) // |score| and |tie|
)

package wire

import "encoding/json"

// The operations of a request over WebSocket.
const (
	OpHello       = "hello"
	OpSubscribe   = "subscribe"
	OpUnsubscribe = "unsubscribe"
	OpScore       = "score"
	OpJoin        = "join"
	OpLeave       = "leave"
	OpAway        = "away"
	OpPing        = "ping"
)

// Request is a message from a client over WebSocket. Which fields count
// depends on Op; unknown fields are ignored.
type Request struct {
	ID int64  `json:"id"`
	Op string `json:"op"`

	Token string `json:"token,omitempty"` // hello
	Name  string `json:"name,omitempty"`  // hello: shown name; without keys also the user

	View     string  `json:"view,omitempty"`  // subscribe
	Board    string  `json:"board,omitempty"` // subscribe top, around, me, activity; score
	N        int     `json:"n,omitempty"`     // top: rows, 1 to 1000, default 50
	Member   string  `json:"member,omitempty"`
	Span     int     `json:"span,omitempty"` // around: neighbours on each side, 0 to 50, default 5
	Scheme   string  `json:"scheme,omitempty"`
	Audience string  `json:"audience,omitempty"`
	At       string  `json:"at,omitempty"`     // resume from this state
	MaxHz    float64 `json:"max_hz,omitempty"` // at most so many frames a second

	Room string `json:"room,omitempty"` // subscribe presence; join, leave, away
	Mode string `json:"mode,omitempty"` // subscribe presence: auto or count

	Sub  string `json:"sub,omitempty"` // unsubscribe
	Away bool   `json:"away,omitempty"`

	Events []json.RawMessage `json:"events,omitempty"` // score, 1 to 64
	Ack    string            `json:"ack,omitempty"`    // score: the least level of the acks; "" = the board's

	Journal bool `json:"journal,omitempty"` // score: the node is to keep what it acknowledges in its journal
}

// Bye is what the server says before it closes a connection because the node
// goes down: {"bye":{…}}. Come back after so many milliseconds, to any node.
type Bye struct {
	AfterMS int64 `json:"after_ms"`
}

// ByeFrame is a Bye as it is sent.
type ByeFrame struct {
	Bye Bye `json:"bye"`
}

// Answer is what the server says to a request: OK or Error.
type Answer struct {
	ID    int64           `json:"id"`
	OK    json.RawMessage `json:"ok,omitempty"`
	Error *Error          `json:"error,omitempty"`
}

// HelloOK answers hello.
type HelloOK struct {
	Session string   `json:"session"`
	Node    string   `json:"node"`
	User    string   `json:"user"`
	Name    string   `json:"name"`
	Member  string   `json:"member"` // who `me` is
	Roles   []string `json:"roles"`
	Limits  Limits   `json:"limits"`
}

// Limits is what a session may do, as set on the node.
type Limits struct {
	FrameBytes     int     `json:"frame_bytes"`
	Events         int     `json:"events"`
	Subscriptions  int     `json:"subscriptions"`
	MessagesPerSec float64 `json:"messages_per_second"`
	RequestsPerMin int     `json:"requests_per_minute"` // role player
	PingMS         int64   `json:"ping_ms"`
	ReadDeadlineMS int64   `json:"read_deadline_ms"`
}

// SubscribeOK answers subscribe.
type SubscribeOK struct {
	Sub string `json:"sub"`
}

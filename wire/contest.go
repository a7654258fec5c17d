package wire

// Contest is the answer to GET /v1/contest: what the pages show around the
// board. Without a contest file only Room and Board are set.
type Contest struct {
	ID           string        `json:"id"`
	Title        string        `json:"title"`
	Room         string        `json:"room"`
	Board        string        `json:"board"`
	Start        int64         `json:"start"` // ms since 1970; 0 = not set
	End          int64         `json:"end"`
	Now          int64         `json:"now"` // the server's clock, for countdowns
	Problems     []Problem     `json:"problems"`
	Participants []Participant `json:"participants,omitempty"` // role admin only
}

// Problem is one question of a contest.
type Problem struct {
	ID        string  `json:"id"`
	Label     string  `json:"label"`
	Name      string  `json:"name"`
	Color     string  `json:"color,omitempty"`
	Statement string  `json:"statement,omitempty"` // plain text
	URL       string  `json:"url,omitempty"`
	Points    float64 `json:"points,omitempty"`
}

// Participant is one student of a contest; RollNumber is the user and member.
type Participant struct {
	RollNumber  string `json:"roll_number"`
	StudentName string `json:"student_name"`
	Department  string `json:"department"`
}

// Nodes is the answer to GET /v1/nodes.
type Nodes struct {
	Nodes []NodeInfo `json:"nodes"`
}

// NodeInfo is one node as the console shows it.
type NodeInfo struct {
	Node     string `json:"node"`
	Started  int64  `json:"started"` // ms since 1970
	Version  string `json:"version"`
	Sessions int    `json:"sessions"`
	Users    int    `json:"users"`
	Boards   int    `json:"boards"`
	Rooms    int    `json:"rooms"`
	Store    string `json:"store"` // "memory", "disk" …
	Bus      string `json:"bus"`
	// Problem says in a sentence what is wrong with the store as this node sees
	// it; "" = nothing. Lost is how many boards the store has lost, of those that
	// this node knows of.
	Problem string `json:"problem,omitempty"`
	Lost    int    `json:"lost,omitempty"`
	// Hot are the boards with the most events through this node, hottest first.
	Hot []BoardLoad `json:"hot"`
}

// BoardLoad is what one board asks of a node.
type BoardLoad struct {
	Board  string  `json:"board"`
	Rate   float64 `json:"rate"`   // events a second, over about 10 s
	Queued int     `json:"queued"` // events that wait for the store
	Busy   float64 `json:"busy"`   // share of the time a call of the store was under way, 0 to 1
}

// Me is the answer to GET /v1/me: who the token (or the keyless peer) is.
type Me struct {
	User   string   `json:"user"`
	Name   string   `json:"name"`
	Member string   `json:"member"` // who `me` is
	Roles  []string `json:"roles"`
}

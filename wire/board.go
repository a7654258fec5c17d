package wire

import "encoding/json"

// Orders, tie rules, ranking schemes and audiences.
const (
	OrderDesc = "desc" // higher score is better (default)
	OrderAsc  = "asc"  // lower score is better

	TieReached = "reached" // the first to reach a score ranks higher (default)
	TieGiven   = "given"   // events carry the tie; lower is better
	TieNone    = "none"    // equal scores are equal

	SchemeCompetition = "competition" // 1, 2, 2, 4 (default)
	SchemeDense       = "dense"       // 1, 2, 2, 3
	SchemeOrdinal     = "ordinal"     // 1, 2, 3, 4

	AudiencePublic = "public" // what everyone may see (default)
	AudienceLive   = "live"   // what the jury sees; needs the role
)

// Rules are how a board ranks and how it is shown.
type Rules struct {
	Title   string   `json:"title,omitempty"`
	Order   string   `json:"order"`
	Tie     string   `json:"tie"`
	Scheme  string   `json:"scheme"` // the scheme of reads and views that name none
	Columns []Column `json:"columns,omitempty"`
	Ack     string   `json:"ack,omitempty"` // the least level of an ack; "" = the node's
}

// Column describes the cells of one key.
type Column struct {
	ID    string `json:"id"`              // key of the cell in a row
	Label string `json:"label,omitempty"` // short head, as "A"
	Name  string `json:"name,omitempty"`
	Color string `json:"color,omitempty"` // #rrggbb
}

// Entry is one ranked line.
type Entry struct {
	Rank   int                        `json:"rank"`
	Member string                     `json:"member"`
	Name   string                     `json:"name"`
	Group  string                     `json:"group"`
	Score  float64                    `json:"score"`
	Tie    int64                      `json:"tie"`
	Cells  map[string]json.RawMessage `json:"cells"`
}

// BoardInfo is a board without its entries.
type BoardInfo struct {
	Board   string `json:"board"`
	Rules   Rules  `json:"rules"`
	Epoch   string `json:"epoch"`
	Version uint64 `json:"version"`
	Total   int    `json:"total"`
	Frozen  bool   `json:"frozen"`
}

// Boards is the answer to GET /v1/boards, by name.
type Boards struct {
	Boards []BoardInfo `json:"boards"`
}

// BoardPage is the answer to GET /v1/boards/{board}.
type BoardPage struct {
	BoardInfo
	Entries []Entry `json:"entries"`
}

// MemberPage is the answer to GET /v1/boards/{board}/members/{member}: the
// member's entry and up to `around` neighbours on each side, itself among
// them.
type MemberPage struct {
	BoardInfo
	Entry   Entry   `json:"entry"`
	Entries []Entry `json:"entries"`
}

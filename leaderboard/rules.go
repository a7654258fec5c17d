package leaderboard

// Order says which score is better.
type Order string

// The orders.
const (
	Desc Order = "desc" // higher is better
	Asc  Order = "asc"  // lower is better
)

// TieRule says what ranks members of equal score.
type TieRule string

// The tie rules.
const (
	Reached TieRule = "reached" // the version at which the score last changed: first come ranks higher
	Given   TieRule = "given"   // events carry it
	None    TieRule = "none"    // nothing: tie is always 0
)

// Scheme says which rank equal members get.
type Scheme string

// The ranking schemes.
const (
	Competition Scheme = "competition" // 1, 2, 2, 4
	Dense       Scheme = "dense"       // 1, 2, 2, 3
	Ordinal     Scheme = "ordinal"     // 1, 2, 3, 4
)

// Rules are what a board's owner declares. Order and Tie are fixed while the
// board has entries.
type Rules struct {
	Title   string   `json:"title,omitempty"`
	Order   Order    `json:"order"`
	Tie     TieRule  `json:"tie"`
	Scheme  Scheme   `json:"scheme"`        // of reads that name none
	Ack     Level    `json:"ack,omitempty"` // the least that an ack must mean; "" = the node's default
	Columns []Column `json:"columns,omitempty"`
}

// Column describes the cells of one key.
type Column struct {
	ID    string `json:"id"`
	Label string `json:"label,omitempty"`
	Name  string `json:"name,omitempty"`
	Color string `json:"color,omitempty"`
}

// WithDefaults fills the empty fields: desc, reached, competition.
func (r Rules) WithDefaults() Rules {
	if r.Order == "" {
		r.Order = Desc
	}
	if r.Tie == "" {
		r.Tie = Reached
	}
	if r.Scheme == "" {
		r.Scheme = Competition
	}
	return r
}

// Equal reports whether both declare the same.
func (r Rules) Equal(o Rules) bool {
	if r.Title != o.Title || r.Ack != o.Ack || r.Order != o.Order || r.Tie != o.Tie || r.Scheme != o.Scheme || len(r.Columns) != len(o.Columns) {
		return false
	}
	for i := range r.Columns {
		if r.Columns[i] != o.Columns[i] {
			return false
		}
	}
	return true
}

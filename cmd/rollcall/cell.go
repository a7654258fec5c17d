package main

import (
	"encoding/json"
	"fmt"
)

// contestCell is a cell as contest judges send it; replay makes them too.
type contestCell struct {
	Judged  int  `json:"judged"`
	Pending int  `json:"pending"`
	Solved  bool `json:"solved"`
	Time    *int `json:"time"`
}

// cellText shows a cell in a few characters: "+53" solved in minute 53 at
// once, "+2/53" after two more tries, "-3" three wrong tries, "?" pending. A
// cell of another kind is shown as its JSON.
func cellText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var c contestCell
	if raw[0] != '{' || json.Unmarshal(raw, &c) != nil {
		return string(raw)
	}
	switch {
	case c.Solved && c.Time != nil && c.Judged > 1:
		return fmt.Sprintf("+%d/%d", c.Judged-1, *c.Time)
	case c.Solved && c.Time != nil:
		return fmt.Sprintf("+%d", *c.Time)
	case c.Solved:
		return "+"
	case c.Pending > 0:
		return "?"
	case c.Judged > 0:
		return fmt.Sprintf("-%d", c.Judged)
	}
	return ""
}

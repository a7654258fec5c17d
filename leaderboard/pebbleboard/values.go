package pebbleboard

import (
	"encoding/json"
	"fmt"
	"time"

	"rollcall/leaderboard"
)

// Entries and changelog entries are written once a batch and take the compact
// encoding of package leaderboard. A board's record, too, is written once a
// batch but is small; sources and ids with their refusals are JSON.

// record is what stands under a board's name.
type record struct {
	Head   leaderboard.Head  `json:"head"`
	Origin string            `json:"origin,omitempty"` // absent = the epoch of Head
	Rules  leaderboard.Rules `json:"rules"`
	Total  int               `json:"total"`
}

func recordOf(st *leaderboard.State) record {
	rec := record{Head: st.Head(), Origin: st.Origin(), Rules: st.Rules(), Total: st.Len()}
	if rec.Origin == rec.Head.Epoch {
		rec.Origin = ""
	}
	return rec
}

// usedID is the value of an id.
type usedID struct {
	At      int64                `json:"at"` // ns since 1970
	Body    []byte               `json:"body"`
	Refusal *leaderboard.Refusal `json:"refusal,omitempty"`
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("pebbleboard: encode %T: %v", v, err)) // strings and numbers: cannot fail
	}
	return b
}

func encodeID(id leaderboard.UsedID) []byte {
	return encode(usedID{At: id.At.UnixNano(), Body: id.Body[:], Refusal: id.Refusal})
}

func decodeID(id string, b []byte) (leaderboard.UsedID, error) {
	var v usedID
	if err := json.Unmarshal(b, &v); err != nil {
		return leaderboard.UsedID{}, err
	}
	if len(v.Body) != len(leaderboard.BodyHash{}) {
		return leaderboard.UsedID{}, fmt.Errorf("body hash of %d bytes", len(v.Body))
	}
	return leaderboard.UsedID{ID: id, At: time.Unix(0, v.At), Body: leaderboard.BodyHash(v.Body), Refusal: v.Refusal}, nil
}

// A changelog value is the chain before it (its length, its digits) and the
// canonical delta, from which the chain after it follows.

func appendLog(dst []byte, prevChain string, log []byte) []byte {
	dst = append(dst, byte(len(prevChain)))
	dst = append(dst, prevChain...)
	return append(dst, log...)
}

func decodeLog(b []byte) (leaderboard.Delta, error) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return leaderboard.Delta{}, fmt.Errorf("changelog entry is too short")
	}
	n := 1 + int(b[0])
	return leaderboard.DecodeDelta(string(b[1:n]), b[n:])
}

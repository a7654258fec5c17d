package natsbus

import (
	"fmt"
	"strconv"
	"strings"

	"rollcall/presence"
	"rollcall/wire"
)

// subjects builds and reads the bus's subjects: <prefix>.board.<board>,
// <prefix>.room.<partition, two digits> and <prefix>.node. Names come checked
// (wire.CheckName), so no subject holds a wildcard.
type subjects struct{ prefix string }

func (s subjects) board(board string) string { return s.prefix + ".board." + board }

func (s subjects) room(partition int) string { return fmt.Sprintf("%s.room.%02d", s.prefix, partition) }

func (s subjects) node() string { return s.prefix + ".node" }

// place is what a subject is about. The zero place is no subject of the bus.
type place struct {
	board     string // "" = not a board's
	node      bool
	room      bool
	partition int // with room
}

func (s subjects) parse(subject string) place {
	rest, ok := strings.CutPrefix(subject, s.prefix+".")
	if !ok {
		return place{}
	}
	if rest == "node" {
		return place{node: true}
	}
	if board, ok := strings.CutPrefix(rest, "board."); ok && wire.CheckName("board", board) == nil {
		return place{board: board}
	}
	if text, ok := strings.CutPrefix(rest, "room."); ok && len(text) == 2 {
		if n, err := strconv.ParseUint(text, 10, 8); err == nil && n < presence.Partitions {
			return place{room: true, partition: int(n)}
		}
	}
	return place{}
}

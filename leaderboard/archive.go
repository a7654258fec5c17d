package leaderboard

import "cmp"

// Archive is a board with all that it must remember to go on elsewhere: also
// its sources, so that a bot's next event is taken and an old one is not counted
// again. The ids of casual senders, which are remembered for minutes, are left
// out.
type Archive struct {
	Snapshot
	Origin  string   // the epoch in which the board's line began; "" = that of Head
	Sources []Source // by name
}

// Line is the origin of a board that is made of the archive under an epoch.
func (a Archive) Line(epoch string) string { return cmp.Or(a.Origin, a.Head.Epoch, epoch) }

// Sample is a part of a board as the store holds it at one head, to compare
// with a replica: its best entries, or all if they are fewer.
type Sample struct {
	Head    Head
	Total   int
	Entries []Entry // in no order
}

package leaderboard

// Archive is a board with all that it must remember to go on elsewhere: also
// its sources, so that a bot's next event is taken and an old one is not counted
// again. The ids of casual senders, which are remembered for minutes, are left
// out.
type Archive struct {
	Snapshot
	Sources []Source // by name
}

// Sample is a part of a board as the store holds it at one head, to compare
// with a replica: its best entries, or all if they are fewer.
type Sample struct {
	Head    Head
	Total   int
	Entries []Entry // in no order
}

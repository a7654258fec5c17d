// Package pebbleboard is the embedded store of boards: the truth of one node,
// in memory for speed and in a Pebble data directory for durability. A batch is
// acknowledged, and seen by anyone, only after it has been fsynced.
//
// # How a batch becomes durable
//
// Apply changes the board's leaderboard.State under its lock and hands the
// change to the committer, the one goroutine that writes. While it waits for
// the disk, later batches of this and other boards gather; the next commit
// takes them all at once. Readers that meet a change under way wait for it. If
// a commit fails, the changes under way are reverted, newest first, and the
// store is read-only until it is opened again: reads go on, writes fail with
// leaderboard.ErrUnavailable.
//
// # What it refuses to open
//
// A directory that another process uses; a format of another version; a log or
// manifest with a damaged record in it; a board whose head, changelog chain or
// number of entries do not agree; and a directory that is shorter than its MARK
// says. MARK is written once a second and at Close, and tells how many commits
// were durable then.
//
// # What cannot be told apart
//
// After a crash the log may end in a record that was never completed: that
// record was never acknowledged, and is dropped. A file that somebody cut at
// its end looks the same, so commits younger than MARK (at most about a second)
// can be cut away unseen; older ones cannot. The last record of the log, damaged
// in such a way that a whole disk sector of it reads as zeros, looks like a
// write that never reached the disk, and is treated as one.
package pebbleboard

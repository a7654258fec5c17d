package leaderboard

import "fmt"

// Level says what an acknowledged event outlives. "" is LevelMemory.
type Level string

// The levels. LevelDisk and LevelReplica are each more than LevelMemory, and
// neither is more than the other.
const (
	LevelMemory  Level = "memory"  // a crash of any node; of the store what it happens to have written
	LevelDisk    Level = "disk"    // fsynced by the store: a crash and a power cut of it
	LevelReplica Level = "replica" // held by so many replicas as are asked for: the loss of the store's machine
	LevelBoth    Level = "both"    // disk and replica
)

// ParseLevel reads a level; "" is the zero Level, which leaves the choice to
// others.
func ParseLevel(s string) (Level, error) {
	switch l := Level(s); l {
	case "", LevelMemory, LevelDisk, LevelReplica, LevelBoth:
		return l, nil
	}
	return "", fmt.Errorf("must be memory, disk, replica or both")
}

// Disk reports whether the level asks for the disk.
func (l Level) Disk() bool { return l == LevelDisk || l == LevelBoth }

// Replica reports whether the level asks for replicas.
func (l Level) Replica() bool { return l == LevelReplica || l == LevelBoth }

// Covers reports whether who has l has o too.
func (l Level) Covers(o Level) bool { return (l.Disk() || !o.Disk()) && (l.Replica() || !o.Replica()) }

// With is the least level that covers both.
func (l Level) With(o Level) Level { return LevelOf(l.Disk() || o.Disk(), l.Replica() || o.Replica()) }

// LevelOf is the level of what was proven.
func LevelOf(disk, replica bool) Level {
	switch {
	case disk && replica:
		return LevelBoth
	case disk:
		return LevelDisk
	case replica:
		return LevelReplica
	}
	return LevelMemory
}

// Proof is what a store could show of a write when it answered.
type Proof struct {
	Level Level  // never better than the truth
	Short string // what was missing of the level asked for, for people; "" = nothing
}

// Standing is where sources of a board stand. Proof is of everything up to
// their seqs: they were read before it was made.
type Standing struct {
	Head    Head
	Sources []SourceState // in the order asked for; one never seen has seq 0
	Proof   Proof
}

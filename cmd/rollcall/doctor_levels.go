package main

import (
	"fmt"
	"strings"

	"rollcall/leaderboard"
)

// levels says of each level of acknowledgement what it survives here, or why it
// cannot be proven; that --ack asks for one which cannot is a danger.
func (x *examination) levels(primaries []primary) {
	var noDisk, noReplicas []string
	for _, p := range primaries {
		if !p.fsyncs() {
			noDisk = append(noDisk, p.Addr+" does not fsync before it answers")
		}
		if p.Replicas < x.replicas {
			noReplicas = append(noReplicas, fmt.Sprintf("%s has %d replicas of %d", p.Addr, p.Replicas, x.replicas))
		}
	}
	x.level(leaderboard.LevelMemory, "the crash of a node", nil)
	x.level(leaderboard.LevelDisk, "and a crash and a power cut of Redis", noDisk)
	x.level(leaderboard.LevelReplica, fmt.Sprintf("and the loss of a Redis with its machine (%d replicas have them)", x.replicas), noReplicas)
	x.level(leaderboard.LevelBoth, "and each of these", append(noDisk, noReplicas...))
}

// embeddedLevels does so for the embedded store.
func (x *examination) embeddedLevels(durable bool) {
	noReplicas := []string{"the embedded store has no replicas"}
	var noDisk []string
	if !durable {
		noDisk = []string{"the store is in memory only"}
	}
	x.level(leaderboard.LevelDisk, "a crash and a power cut", noDisk)
	if x.ack.Replica() {
		x.level(x.ack, "", append(noDisk, noReplicas...))
	}
}

func (x *examination) level(level leaderboard.Level, outlives string, short []string) {
	what := "ack of level " + string(level)
	asked := x.ack == level
	switch {
	case len(short) == 0:
		x.add(survives, what, "such events outlive "+outlives, "")
	case asked:
		x.add(danger, "--ack "+string(level), "no event would be acknowledged: "+strings.Join(short, "; "), "the servers, or another --ack")
	default:
		x.add(loses, what, "cannot be proven here: "+strings.Join(short, "; "), "")
	}
}

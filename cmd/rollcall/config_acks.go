package main

import (
	"fmt"
	"slices"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/redisconn"
)

// ackFlags are what an ack means, what is durable, and what is kept until it is.
type ackFlags struct {
	Ack         string        `help:"The least that an ack means: memory, disk, replica or both; a board or a request may ask for more. Empty = what the embedded store proves anyway, disk with --data; memory with --redis." placeholder:"LEVEL" env:"ROLLCALL_ACK"`
	Durable     string        `help:"What must be proven of events before bots may forget them: disk, replica, both, or none = it is never told. Empty = as --ack, if that is more than memory, else what the store can prove: replica where Redis has --ack-replicas, else disk where it fsyncs always." placeholder:"LEVEL" env:"ROLLCALL_DURABLE"`
	AckReplicas int           `help:"How many replicas of Redis must have an event for replica and both." default:"1" env:"ROLLCALL_ACK_REPLICAS"`
	AckWait     time.Duration `help:"How long they have for it, at most 400ms; then there is no ack, and the bot sends again." default:"400ms" env:"ROLLCALL_ACK_WAIT"`
	Journal     string        `help:"With --redis: directory in which this node keeps acknowledged events whose senders ask for it with journal=true, until Redis has them for good, and from which it sends again what Redis has forgotten. Of this node alone. Empty = none." placeholder:"DIR" env:"ROLLCALL_JOURNAL"`
}

// durableNone is the --durable of who wants no watermark.
const durableNone = "none"

func (f *ackFlags) check(c *checker) {
	levels := []string{string(leaderboard.LevelDisk), string(leaderboard.LevelReplica), string(leaderboard.LevelBoth)}
	if f.Ack != "" {
		c.oneOf("ack", f.Ack, append([]string{string(leaderboard.LevelMemory)}, levels...)...)
	}
	if f.Durable != "" {
		c.oneOf("durable", f.Durable, append(slices.Clip(levels), durableNone)...)
	}
	c.count("ack-replicas", f.AckReplicas, 1)
	if f.AckWait < time.Millisecond || f.AckWait > redisconn.MaxWait {
		c.fault("ack-wait", "is %v; it must be 1ms to %v", f.AckWait, redisconn.MaxWait)
	}
}

// levels gives the hub its levels, or says which flag asks for more than the
// store can prove. can is what this store was found to prove when it was opened.
func (f *ackFlags) levels(cfg *hub.Config, most, can leaderboard.Level) error {
	cfg.Ack, cfg.Durable = leaderboard.Level(f.Ack), leaderboard.Level(f.Durable)
	if f.Ack == "" && !cfg.Shared {
		cfg.Ack = most
	}
	switch {
	case f.Durable == durableNone:
		cfg.Durable = ""
	case f.Durable != "":
	case cfg.Ack.Disk() || cfg.Ack.Replica():
		cfg.Durable = cfg.Ack
	default:
		cfg.Durable = can
	}
	if !most.Covers(cfg.Ack) {
		return fmt.Errorf("--ack is %s; this store can prove at most %s", cfg.Ack, most)
	}
	if !most.Covers(cfg.Durable) {
		return fmt.Errorf("--durable is %s; this store can prove at most %s", cfg.Durable, most)
	}
	return nil
}

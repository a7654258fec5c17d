package main

import (
	"io"
	"strings"
	"testing"

	"rollcall/hub"
	"rollcall/leaderboard"
)

func TestDurableIsWhatAcksMeanUnlessToldOtherwise(t *testing.T) {
	const memory, disk, replica, both = leaderboard.LevelMemory, leaderboard.LevelDisk, leaderboard.LevelReplica, leaderboard.LevelBoth
	for _, c := range []struct {
		ack, durable string
		shared       bool
		most, can    leaderboard.Level

		wantAck, wantDurable leaderboard.Level
		fault                string
	}{
		{most: disk, wantAck: disk, wantDurable: disk}, // --data
		{most: memory, wantAck: memory},                // --data ""
		{most: both, shared: true},                     // --redis
		{most: both, can: replica, shared: true, wantDurable: replica},
		{most: both, can: disk, shared: true, wantDurable: disk},
		{ack: "memory", most: both, can: disk, shared: true, wantAck: memory, wantDurable: disk},
		{ack: "disk", most: both, can: replica, shared: true, wantAck: disk, wantDurable: disk},
		{durable: "both", most: both, can: disk, shared: true, wantDurable: both},
		{durable: "none", most: both, can: replica, shared: true},
		{ack: "replica", most: both, shared: true, wantAck: replica, wantDurable: replica},
		{ack: "memory", durable: "disk", most: both, shared: true, wantAck: memory, wantDurable: disk},
		{ack: "both", durable: "none", most: both, shared: true, wantAck: both},
		{durable: "none", most: disk, wantAck: disk},
		{ack: "memory", most: disk, wantAck: memory},
		{ack: "replica", most: disk, fault: "--ack is replica; this store can prove at most disk"},
		{durable: "both", most: disk, fault: "--durable is both; this store can prove at most disk"},
	} {
		f, cfg := ackFlags{Ack: c.ack, Durable: c.durable}, hub.Config{Shared: c.shared}
		err := f.levels(&cfg, c.most, c.can)
		switch {
		case c.fault != "":
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%+v: %v", c, err)
			}
		case err != nil || cfg.Ack != c.wantAck || cfg.Durable != c.wantDurable:
			t.Errorf("%+v: ack %q, durable %q, %v", c, cfg.Ack, cfg.Durable, err)
		}
	}
}

func TestAckFlagsSayWhatIsAllowed(t *testing.T) {
	for arg, say := range map[string]string{
		"--ack=all":         "memory, disk, replica, both",
		"--durable=memory":  "disk, replica, both, none",
		"--ack-replicas=0":  "at least 1",
		"--ack-wait=1s":     "1ms to 400ms",
		"--ack-wait=500us":  "1ms to 400ms",
		"--ack-wait=400ms":  "",
		"--durable=none":    "",
		"--ack=memory":      "",
		"--ack-replicas=12": "",
	} {
		_, err := parseServe(t, io.Discard, arg)
		flag, _, _ := strings.Cut(arg, "=")
		switch {
		case say == "" && err != nil:
			t.Errorf("%s: %v", arg, err)
		case say != "" && (err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), flag)):
			t.Errorf("%s: %v, want it to say %q", arg, err, say)
		}
	}
}

package redisroster

import (
	"crypto/sha1" //nolint:gosec // what Redis names scripts by
	_ "embed"
	"encoding/hex"
)

// script is a program that Redis runs on one partition, in one step.
type script struct {
	name   string
	keys   []string // the kinds of its keys
	source string
	sha    string
}

// What a script may do when Redis is full: beats, leaves and sweeps go on, or
// users would leave for want of memory; who comes is refused before anything is
// written.
const (
	grows = ""
	stays = " flags=allow-oom"
	reads = " flags=no-writes"
)

// scripts are all that a roster runs.
type scripts struct {
	join, leave, refresh, part, sweep, meta *script
	page, counts, user                      *script
}

func (s scripts) all() []*script {
	return []*script{s.join, s.leave, s.refresh, s.part, s.sweep, s.meta, s.page, s.counts, s.user}
}

var (
	//go:embed scripts/time.lua
	timeSource string
	//go:embed scripts/gate.lua
	gateSource string
	//go:embed scripts/lib.lua
	libSource string
	//go:embed scripts/lose.lua
	loseSource string
	//go:embed scripts/join.lua
	joinSource string
	//go:embed scripts/leave.lua
	leaveSource string
	//go:embed scripts/refresh.lua
	refreshSource string
	//go:embed scripts/part.lua
	partSource string
	//go:embed scripts/sweep.lua
	sweepSource string
	//go:embed scripts/meta.lua
	metaSource string
	//go:embed scripts/page.lua
	pageSource string
	//go:embed scripts/counts.lua
	countsSource string
	//go:embed scripts/user.lua
	userSource string
)

var standard = newScripts(func(_, source string) string { return source })

// newScripts puts the scripts together; edit may change the text of one, for
// tests.
func newScripts(edit func(name, source string) string) scripts {
	script := func(name, flags, parts string, keys ...string) *script {
		source := edit(name, "#!lua"+flags+"\n"+timeSource+parts)
		sum := sha1.Sum([]byte(source)) //nolint:gosec // see above
		return &script{name: name, keys: keys, source: source, sha: hex.EncodeToString(sum[:])}
	}
	return scripts{
		join:    script("join", grows, libSource+joinSource, "ver", "cnt", "idle", "on", "ix", "meta", "ux"),
		leave:   script("leave", stays, libSource+loseSource+leaveSource, "ver", "cnt", "idle", "on", "ix", "meta", "ux", "seen"),
		refresh: script("refresh", stays, refreshSource, "on"),
		part:    script("part", stays, partSource, "on", "meta"),
		sweep:   script("sweep", stays, gateSource+libSource+loseSource+sweepSource, "ver", "cnt", "idle", "on", "ix", "meta", "ux", "seen", "guard"),
		meta:    script("meta", grows, libSource+metaSource, "ver", "cnt", "idle", "meta"),
		page:    script("page", reads, pageSource, "ver", "cnt", "ix", "meta", "guard"),
		counts:  script("counts", reads, countsSource, "ver", "cnt", "guard"),
		user:    script("user", reads, userSource, "ux", "seen", "ix", "on", "meta"),
	}
}

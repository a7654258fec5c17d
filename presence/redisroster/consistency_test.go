package redisroster

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wantConsistent checks that all keys of a roster tell the same: on = ix, and
// the rest is what a recount gives.
func wantConsistent(tb testing.TB, r *Roster) {
	tb.Helper()
	for part := range r.parts {
		p := partition{tb, r, part}
		fields, uses, rooms := map[string]bool{}, map[string]bool{}, map[string]int{}
		on := p.members("on")
		for _, holder := range on {
			names := strings.Split(holder, us)
			field := names[0] + us + names[1]
			if !fields[field] {
				rooms[names[0]]++
			}
			fields[field], uses[names[1]+us+names[0]] = true, true
		}
		counts, idle := map[string]string{}, map[string]bool{}
		for room, n := range rooms {
			counts[room] = strconv.Itoa(n)
		}
		versions := p.hash("ver")
		for room := range versions {
			idle[room] = rooms[room] == 0
			if !idle[room] {
				delete(idle, room)
			}
		}
		p.want("ix", p.members("ix"), on)
		p.want("meta", slices.Sorted(maps.Keys(p.hash("meta"))), slices.Sorted(maps.Keys(fields)))
		p.want("ux", p.members("ux"), slices.Sorted(maps.Keys(uses)))
		p.want("idle", p.members("idle"), slices.Sorted(maps.Keys(idle)))
		if got := p.hash("cnt"); !maps.Equal(got, counts) {
			tb.Errorf("partition %d: cnt is %v, the recount %v", part, got, counts)
		}
		for room := range rooms {
			if versions[room] == "" {
				tb.Errorf("partition %d: room %s has users and no version", part, room)
			}
		}
	}
}

// partition reads the keys of one partition.
type partition struct {
	testing.TB
	r    *Roster
	part int
}

func (p partition) members(kind string) []string {
	p.Helper()
	all, err := p.r.clients.Read.ZRange(context.Background(), p.r.key(p.part, kind), 0, -1).Result()
	if err != nil {
		p.Fatalf("%s: %v", kind, err)
	}
	slices.Sort(all)
	return all
}

func (p partition) hash(kind string) map[string]string {
	p.Helper()
	all, err := p.r.clients.Read.HGetAll(context.Background(), p.r.key(p.part, kind)).Result()
	if err != nil {
		p.Fatalf("%s: %v", kind, err)
	}
	return all
}

func (p partition) want(kind string, got, want []string) {
	p.Helper()
	if !slices.Equal(got, want) {
		p.Errorf("partition %d: %s is %q, want %q", p.part, kind, got, want)
	}
}

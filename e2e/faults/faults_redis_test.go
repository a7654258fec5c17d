package faults_test

import (
	"fmt"
	"strings"
	"time"

	"rollcall/e2e/harness"
)

func redisKill(w *world, _ int, lasts time.Duration) time.Time {
	w.cluster.Redis.Kill()
	time.Sleep(lasts)
	w.cluster.Redis.Restart()
	return time.Now()
}

func redisStop(w *world, _ int, lasts time.Duration) time.Time {
	w.cluster.Redis.Freeze()
	time.Sleep(lasts)
	w.cluster.Redis.Thaw()
	return time.Now()
}

// onLinks does something to every node's way to Redis and heals it.
func onLinks(w *world, lasts time.Duration, do func(i int, p *harness.Proxy)) time.Time {
	links := w.redisLinks()
	for i, p := range links {
		do(i, p)
	}
	time.Sleep(lasts)
	for _, p := range links {
		p.Heal()
	}
	return time.Now()
}

func redisCut(w *world, _ int, lasts time.Duration) time.Time {
	return onLinks(w, lasts, func(_ int, p *harness.Proxy) { p.Cut() })
}

func redisHole(w *world, _ int, lasts time.Duration) time.Time {
	return onLinks(w, lasts, func(_ int, p *harness.Proxy) { p.Blackhole() })
}

func redisDelay(w *world, _ int, lasts time.Duration) time.Time {
	return onLinks(w, lasts, func(_ int, p *harness.Proxy) { p.Delay(10 * ms) })
}

func redisDrop(w *world, _ int, lasts time.Duration) time.Time {
	return onLinks(w, lasts, func(i int, p *harness.Proxy) { p.DropAnswers(0.05, w.plan.seed+uint64(i)) })
}

// redisHoleOne takes one node's users from it, as far as the others can see.
func redisHoleOne(w *world, target int, lasts time.Duration) time.Time {
	n := w.node(target)
	defer w.disturb(n)()
	link := w.redisLinks()[n.index]
	link.Blackhole()
	time.Sleep(lasts)
	link.Heal()
	return time.Now()
}

// often does something to every server, 20 times a second.
func often(w *world, lasts time.Duration, args ...any) time.Time {
	for end := time.Now().Add(lasts); time.Now().Before(end); time.Sleep(50 * ms) {
		for _, addr := range w.redisAddrs() {
			_, _ = harness.AskRedis(addr, args...) // a replica may refuse
		}
	}
	return time.Now()
}

func redisScripts(w *world, _ int, lasts time.Duration) time.Time {
	return often(w, lasts, "SCRIPT", "FLUSH")
}

func redisClients(w *world, _ int, lasts time.Duration) time.Time {
	return often(w, lasts, "CLIENT", "KILL", "TYPE", "normal")
}

func redisOOM(w *world, _ int, lasts time.Duration) time.Time {
	for _, addr := range w.redisAddrs() {
		_, _ = harness.AskRedis(addr, "CONFIG", "SET", "maxmemory", "1mb")
	}
	time.Sleep(lasts)
	for _, addr := range w.redisAddrs() {
		w.must(harness.AskRedis(addr, "CONFIG", "SET", "maxmemory", "0"))
	}
	return time.Now()
}

// primary is the server that has the first board, and its replicas.
func (w *world) primary() (primary int, replicas []int) {
	if w.plan.topology == sentinel {
		complaint := until(patience, func() string {
			if primary = w.redis.Primary(); primary < 0 {
				return "the sentinels name no primary"
			}
			return ""
		})
		if complaint != "" {
			w.t.Error(complaint)
			return 0, []int{1, 2}
		}
		for i := range w.redis.Servers {
			if i != primary {
				replicas = append(replicas, i)
			}
		}
		return primary, replicas
	}
	for i := range 3 { // a pair each
		for _, j := range []int{i, i + 3} {
			if info, err := w.redis.Ask(j, "INFO", "keyspace"); err == nil && strings.Contains(fmt.Sprint(info), "db0") && w.isPrimary(j) {
				return j, []int{(j + 3) % 6}
			}
		}
	}
	return 0, []int{3}
}

func (w *world) isPrimary(i int) bool {
	info, err := w.redis.Ask(i, "INFO", "replication")
	return err == nil && strings.Contains(fmt.Sprint(info), "role:master")
}

func replicaStop(w *world, target int, lasts time.Duration) time.Time {
	_, replicas := w.primary()
	s := w.redis.Servers[replicas[target%len(replicas)]]
	s.Freeze()
	time.Sleep(lasts)
	s.Thaw()
	w.replicated()
	return time.Now()
}

func replicationCut(w *world, _ int, lasts time.Duration) time.Time {
	primary, _ := w.primary()
	w.redis.Links[primary].Cut(harness.Replica)
	time.Sleep(lasts)
	w.redis.Links[primary].Heal()
	w.replicated()
	return time.Now()
}

// failover kills the primary, which comes back as a replica.
func failover(w *world, _ int, lasts time.Duration) time.Time {
	primary, replicas := w.primary()
	return w.replace(primary, replicas, lasts)
}

// failoverCut is a failover that forgets what was acknowledged without the
// replicas.
func failoverCut(w *world, _ int, lasts time.Duration) time.Time {
	primary, replicas := w.primary()
	w.redis.Links[primary].Cut(harness.Replica)
	time.Sleep(lasts)
	return w.replace(primary, replicas, lasts)
}

// failoverHole is one in which the primary takes its replicas for well.
func failoverHole(w *world, _ int, lasts time.Duration) time.Time {
	primary, replicas := w.primary()
	w.redis.Links[primary].Blackhole(harness.Replica)
	time.Sleep(lasts)
	return w.replace(primary, replicas, lasts)
}

func (w *world) replace(primary int, replicas []int, lasts time.Duration) time.Time {
	w.redis.Servers[primary].Kill()
	killed := time.Now()
	w.replaced(replicas)
	time.Sleep(lasts)
	w.redis.Links[primary].Heal()
	w.redis.Servers[primary].Restart()
	w.replicated()
	return killed
}

// replaced waits until one of the replicas is a primary.
func (w *world) replaced(replicas []int) {
	complaint := until(patience, func() string {
		for _, i := range replicas {
			if w.isPrimary(i) {
				w.promoted = time.Now()
				return ""
			}
		}
		return "no replica has become a primary"
	})
	if complaint != "" {
		w.t.Error(complaint)
	}
}

// replicated waits until every replica follows its primary.
func (w *world) replicated() {
	complaint := until(patience, func() string {
		for i := range w.redis.Servers {
			info, err := w.redis.Ask(i, "INFO", "replication")
			text := fmt.Sprint(info)
			if err != nil || !strings.Contains(text, "role:master") && !strings.Contains(text, "master_link_status:up") {
				return fmt.Sprintf("redis server %d follows nobody: %v %.200s", i, err, text)
			}
		}
		want := 1
		if w.plan.topology == cluster {
			want = 3
		}
		if primaries := w.primaries(); primaries != want {
			return fmt.Sprintf("there are %d primaries", primaries)
		}
		return ""
	})
	if complaint != "" {
		w.t.Error(complaint)
	}
}

func (w *world) primaries() (n int) {
	for i := range w.redis.Servers {
		if w.isPrimary(i) {
			n++
		}
	}
	return n
}

// twoPrimaries leaves the nodes with a primary whose sentinels and replicas have
// gone on without it.
func twoPrimaries(w *world, _ int, lasts time.Duration) time.Time {
	primary, replicas := w.primary()
	w.redis.Links[primary].Cut(harness.Replica, harness.Watchman)
	for _, p := range w.redis.Watch {
		p.Blackhole(harness.Client)
	}
	w.replaced(replicas)
	time.Sleep(lasts / 4)
	w.redis.Links[primary].Heal()
	for _, p := range w.redis.Watch {
		p.Heal()
	}
	healed := time.Now()
	w.replicated()
	return healed
}

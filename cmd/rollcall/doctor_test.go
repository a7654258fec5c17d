package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/hub/natsbus/natstest"
	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
	"rollcall/redisconn/redistest"
)

// wantDoctor runs the doctor and checks its exit code and what it says; what
// begins with ! it must not say.
func wantDoctor(t *testing.T, code int, args []string, says ...string) {
	t.Helper()
	got := start(t, append([]string{"doctor"}, args...)...)
	if got.code != code {
		t.Errorf("doctor %v: exit code %d, want %d", args, got.code, code)
	}
	for _, want := range says {
		text, not := strings.CutPrefix(want, "!")
		if strings.Contains(got.stdout+got.stderr, text) == not {
			t.Errorf("doctor %v: want %q", args, want)
		}
	}
	if t.Failed() {
		t.Fatalf("doctor %v says\n%s%s", args, got.stdout, got.stderr)
	}
}

var durable = []string{"--appendonly", "yes", "--appendfsync", "always", "--maxmemory", "100mb"}

func TestDoctorOfOneRedis(t *testing.T) {
	nats := natstest.Start(t, natstest.Config{}).URL()
	s := redistest.Start(t, durable...)
	c := s.Clients().Write
	flags := []string{"--redis", s.URL(), "--nats", nats}
	wantDoctor(t, 0, flags,
		"survives  crash and power cut of Redis at "+s.Addr, "no replica is connected", "!maxmemory is not set",
		"survives  ack of level disk", "loses     ack of level replica: cannot be proven here: "+s.Addr+" has 0 replicas of 1")
	wantDoctor(t, 0, append(flags, "--ack", "disk"), "!danger")
	wantDoctor(t, 1, append(flags, "--ack", "replica"), "danger    --ack replica: no event would be acknowledged", "0 replicas of 1")
	wantDoctor(t, 2, append(flags, "--ack", "paper"), "ack")
	wantDoctor(t, 1, append(flags, "--ack-replicas", "0"), "--ack-replicas: is 0")
	for _, set := range []struct {
		name, value string
		code        int
		says        []string
	}{
		{"no-appendfsync-on-rewrite", "yes", 0, []string{"during a rewrite what came since it began is lost", "does not fsync before it answers"}},
		{"appendfsync", "everysec", 0, []string{"appendfsync everysec", "minutes perhaps"}},
		{"maxmemory", "0", 0, []string{"maxmemory is not set"}},
		{"maxmemory-policy", "allkeys-lru", 1, []string{"danger", "noeviction"}},
		{"appendonly", "no", 1, []string{"appendonly yes"}},
	} {
		if err := c.ConfigSet(t.Context(), set.name, set.value).Err(); err != nil {
			t.Fatal(err)
		}
		wantDoctor(t, set.code, flags, set.says...)
	}
	wantDoctor(t, 1, []string{"--redis", "redis://127.0.0.1:1", "--nats", nats}, "danger    Redis")
	wantDoctor(t, 1, []string{"--redis", s.URL()}, "--nats is not given")
	wantDoctor(t, 1, []string{"--nats", nats}, "needs --redis")
}

// An append-only file that is turned on at run time keeps nothing until Redis
// has written all of it once.
func TestDoctorSeesAFileThatIsNotThereYet(t *testing.T) {
	s := redistest.Start(t, "--rdb-key-save-delay", "1000000")
	c := s.Clients().Write
	for i := range 60 {
		c.Set(t.Context(), fmt.Sprint("k", i), "v", 0)
	}
	if err := c.ConfigSet(t.Context(), "appendonly", "yes").Err(); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--redis", s.URL(), "--nats", natstest.Start(t, natstest.Config{}).URL()}
	wantDoctor(t, 1, flags, "keeps nothing until it is written for the first time")
}

func TestDoctorOfSentinel(t *testing.T) {
	nats := natstest.Start(t, natstest.Config{}).URL()
	s := redistest.StartSentinel(t, 1, durable...)
	primary := s.Primary()
	flags := []string{"--redis", s.URL(), "--nats", nats}
	wantDoctor(t, 0, append(flags, "--ack", "both"),
		"it goes on taking events that nobody will have", "survives  ack of level both", "survives  failover", "!Sentinel")
	wantDoctor(t, 1, append(flags, "--ack", "replica", "--ack-replicas", "2"), "has 1 replicas of 2")
	c := primary.Clients().Write
	for least, want := range map[string]string{"1": "survives  cut of", "2": "danger    cut of"} {
		if err := c.ConfigSet(t.Context(), "min-replicas-to-write", least).Err(); err != nil {
			t.Fatal(err)
		}
		wantDoctor(t, map[string]int{"1": 0, "2": 1}[least], flags, want)
	}
	if err := c.ConfigSet(t.Context(), "min-replicas-to-write", "0").Err(); err != nil {
		t.Fatal(err)
	}
	for _, one := range s.Sentinels {
		if err := one.Clients().Write.Do(t.Context(), "SENTINEL", "SET", "rollcall", "down-after-milliseconds", "30000").Err(); err != nil {
			t.Fatal(err)
		}
	}
	wantDoctor(t, 0, flags, "waits 30s before it replaces it")
	s.Sentinels[2].Kill()
	wantDoctor(t, 1, flags, "Sentinel at "+s.Sentinels[2].Addr+": does not answer", "2 Sentinels answer")
}

func TestDoctorOfCluster(t *testing.T) {
	nats := natstest.Start(t, natstest.Config{}).URL()
	s := redistest.StartClusterWith(t, 1, durable...)
	flags := []string{"--redis", s.URL(), "--nats", nats}
	says := []string{"survives  ack of level both"}
	for _, n := range s.Nodes[:3] {
		says = append(says, "crash and power cut of Redis at "+n.Addr, "cut of "+n.Addr+" from its replicas")
	}
	wantDoctor(t, 0, append(flags, "--ack", "both"), says...)
	if err := s.Nodes[1].Clients().Write.ConfigSet(t.Context(), "appendfsync", "everysec").Err(); err != nil {
		t.Fatal(err)
	}
	wantDoctor(t, 1, append(flags, "--ack", "disk"), "no event would be acknowledged: "+s.Nodes[1].Addr+" does not fsync", "survives  ack of level replica")
}

func TestDoctorOfNATS(t *testing.T) {
	redis := redistest.Start(t, durable...).URL()
	c := natstest.StartCluster(t, 3, natstest.Config{})
	flags := []string{"--redis", redis, "--nats", c.URLs()}
	wantDoctor(t, 0, flags, "3 of 3 servers answer")
	c[1].Stop()
	wantDoctor(t, 0, flags, "loses     NATS server 2 of 3", "2 of 3 servers answer")
	c[0].Stop()
	c[2].Stop()
	begin := time.Now()
	wantDoctor(t, 1, flags, "danger    NATS: no server answers")
	if took := time.Since(begin); took > doctorWait {
		t.Errorf("it took %v", took)
	}
}

func TestDoctorReadsADirectoryAndLeavesIt(t *testing.T) {
	dir := t.TempDir()
	s, err := pebbleboard.Open(pebbleboard.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := s.Put(t.Context(), "b", leaderboard.Rules{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--data", dir}
	wantDoctor(t, 0, flags, "1 boards, 0 members", "survives  ack of level disk")
	wantDoctor(t, 1, append(flags, "--ack", "replica"), "no event would be acknowledged: the embedded store has no replicas")
	wantDoctor(t, 1, []string{"--data", "", "--ack", "disk"}, "danger    --ack disk: no event would be acknowledged: the store is in memory only")
	wantDoctor(t, 1, []string{"--data", newFile(t, "file", "x")}, "is not a directory")
}

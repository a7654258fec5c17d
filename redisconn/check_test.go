package redisconn_test

import (
	"strings"
	"testing"

	"rollcall/redisconn"
	"rollcall/redisconn/redistest"
)

func TestCheckSaysWhatAWriteSurvives(t *testing.T) {
	for name, tc := range map[string]struct {
		args    []string
		want    string
		durable string
	}{
		"nothing":  {nil, "nothing survives a restart", ""},
		"rdb":      {[]string{"--save", "3600 1"}, "since the last RDB snapshot", ""},
		"everysec": {[]string{"--appendonly", "yes"}, "a power cut loses a second", ""},
		"always":   {[]string{"--appendonly", "yes", "--appendfsync", "always"}, "a crash and a power cut", "disk"},
		"skips":    {[]string{"--appendonly", "yes", "--appendfsync", "always", "--no-appendfsync-on-rewrite", "yes"}, "a power cut during a rewrite", ""},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := redisconn.Check(t.Context(), redistest.Start(t, tc.args...).Clients())
			if err != nil || len(found) != 1 {
				t.Fatalf("found %v, %v", found, err)
			}
			if s := found[0].String(); !strings.Contains(s, tc.want) || !strings.Contains(s, "noeviction") || !strings.Contains(s, "redis 7") {
				t.Errorf("says %q, want %q in it", s, tc.want)
			}
			if got := redisconn.Durable(found, 1); got != tc.durable {
				t.Errorf("durable level %q, want %q", got, tc.durable)
			}
		})
	}
}

func TestCheckRefusesWhatEvicts(t *testing.T) {
	_, err := redisconn.Check(t.Context(), redistest.Start(t, "--maxmemory-policy", "allkeys-lru").Clients())
	if err == nil || !strings.Contains(err.Error(), "noeviction") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyWhatPassesIsWaitedFor(t *testing.T) {
	locked := redistest.Start(t)
	c := locked.Clients()
	if err := c.Write.ConfigSet(t.Context(), "requirepass", "s3cret").Err(); err != nil {
		t.Fatal(err)
	}
	_, host, _ := strings.Cut(locked.URL(), "://")
	for url, want := range map[string]bool{
		"redis://127.0.0.1:1":             true,
		"redis://" + host:                 false, // no password
		"redis://:wrong@" + host:          false,
		"redis-cluster://:s3cret@" + host: false, // no cluster
	} {
		_, err := redisconn.Check(t.Context(), redistest.Open(t, url))
		if err == nil || redisconn.Passing(err) != want {
			t.Errorf("%s: %v, passing %v", url, err, redisconn.Passing(err))
		}
	}
}

func TestCheckNeedsAServer(t *testing.T) {
	if _, err := redisconn.Check(t.Context(), redistest.Open(t, "redis://127.0.0.1:1")); err == nil {
		t.Error("checked a server that is not there")
	}
}

func TestTheDurableLevelIsThatOfEveryServer(t *testing.T) {
	disk := redisconn.Server{AOF: "always"}
	replica := redisconn.Server{Replicas: 1}
	both := redisconn.Server{AOF: "always", Replicas: 2}
	for _, tc := range []struct {
		servers  []redisconn.Server
		replicas int
		want     string
	}{
		{nil, 1, ""},
		{[]redisconn.Server{disk}, 1, "disk"},
		{[]redisconn.Server{replica}, 1, "replica"},
		{[]redisconn.Server{replica}, 2, ""},
		{[]redisconn.Server{both}, 2, "replica"},
		{[]redisconn.Server{both, replica}, 1, "replica"},
		{[]redisconn.Server{both, disk}, 1, "disk"},
		{[]redisconn.Server{replica, disk}, 1, ""},
		{[]redisconn.Server{{AOF: "everysec"}}, 1, ""},
		{[]redisconn.Server{{AOF: "unknown"}, both}, 1, ""},
	} {
		if got := redisconn.Durable(tc.servers, tc.replicas); got != tc.want {
			t.Errorf("%+v with %d replicas: %q, want %q", tc.servers, tc.replicas, got, tc.want)
		}
	}
}

package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"rollcall/e2e/harness"
	"rollcall/redisconn/redistest"
	"rollcall/wire"
)

// TestVerifyFindsWhatWasTamperedWith: somebody changes a board in Redis by
// hand, in each of the places where it is.
func TestVerifyFindsWhatWasTamperedWith(t *testing.T) {
	c := harness.StartCluster(t, harness.Config{Nodes: 2})
	cl := c.Nodes[0].Dial()
	client := c.Redis.Clients().Write
	key := filepath.Join(t.TempDir(), "key")
	writeFile(t, key, c.Admin())
	for name, tamper := range map[string]struct {
		do   func(prefix string) error
		says string
	}{
		"nothing":                {func(string) error { return nil }, "nothing differs"},
		"a score, sorted set":    {func(p string) error { return client.Do(t.Context(), "ZADD", p+"z", 99, "m00").Err() }, "m00"},
		"a row":                  {swapRows(t, c), "m01"},
		"the sorted set":         {func(p string) error { return client.Del(t.Context(), p+"z").Err() }, "scores"},
		"a lost change":          {rewrite(t, c, func(m *redis.XMessage) { m.ID = "" }), "the changelog: "},
		"an altered change":      {rewrite(t, c, alter), "entry 6-0 is damaged"},
		"the last of 300 scores": {func(p string) error { return client.Do(t.Context(), "ZADD", p+"z", 0.25, "m00").Err() }, `"m00": its score is 0.25`},
	} {
		t.Run(name, func(t *testing.T) {
			board := "b-" + strings.Map(func(r rune) rune {
				if r == ' ' || r == ',' {
					return '-'
				}
				return r
			}, name)
			newBoard(t, cl, board, wire.Rules{})
			src := newSource(t, cl, board, "bot")
			file := filepath.Join(t.TempDir(), "b.json")
			flags := []string{"--token-file", key, "--url", c.Nodes[0].URL}
			wantApplied(t, src, set("m00", 1))
			verb(t, 0, append([]string{"export", board, "--format", "json", "-o", file}, flags...)...)
			for k := range 10 {
				wantApplied(t, src, set(fmt.Sprintf("m%02d", k), float64(k)))
			}
			var many []wire.Event
			for k := range 290 {
				many = append(many, set(fmt.Sprintf("n%03d", k), 100+float64(k)))
			}
			wantApplied(t, src, many...)
			readBoard(t, c.Nodes[1].Dial().API, board) // has a replica too
			if err := tamper.do("rollcall:{b:" + board + "}:"); err != nil {
				t.Fatal(err)
			}
			code := 1
			if name == "nothing" {
				code = 0
			}
			p := verb(t, code, append([]string{"verify", board, "--since", file, "--url", c.Nodes[1].URL}, flags...)...)
			if !strings.Contains(p.Stdout(), tamper.says) {
				t.Errorf("verify says %s, want %q", p.Stdout(), tamper.says)
			}
			t.Logf("%s%s", p.Stdout(), p.Stderr())
		})
	}
}

// swapRows gives one member the row of another.
func swapRows(t *testing.T, c *harness.Cluster) func(string) error {
	return func(p string) error {
		redis := c.Redis.Clients().Write
		row, err := redis.HGet(t.Context(), p+"r", "m07").Result()
		if err != nil {
			return err
		}
		return redis.HSet(t.Context(), p+"r", "m01", row).Err()
	}
}

// rewrite writes the changelog anew, with its fifth entry changed, or left out.
func rewrite(t *testing.T, c *harness.Cluster, change func(*redis.XMessage)) func(string) error {
	return func(p string) error {
		client := c.Redis.Clients().Write
		all, err := client.XRange(t.Context(), p+"l", "-", "+").Result()
		if err != nil {
			return err
		}
		change(&all[5])
		client.Del(t.Context(), p+"l")
		for _, m := range all {
			if m.ID == "" {
				continue
			}
			if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: p + "l", ID: m.ID, Values: m.Values}).Err(); err != nil {
				return err
			}
		}
		return nil
	}
}

// alter changes one byte of who it is about.
func alter(m *redis.XMessage) {
	rows := []byte(m.Values["rows"].(string))
	at := bytes.Index(rows, []byte("m0"))
	rows[at+1]++
	m.Values["rows"] = string(rows)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorSaysWhatIsSurvivedAndWhatToChange(t *testing.T) {
	for name, c := range map[string]struct {
		flags []string
		code  int
		says  []string
	}{
		"evicts":    {[]string{"--maxmemory-policy", "allkeys-lru"}, 1, []string{"danger", "noeviction"}},
		"no log":    {nil, 1, []string{"danger", "appendonly yes", "no replica"}},
		"every sec": {[]string{"--appendonly", "yes"}, 1, []string{"appendfsync always", "no replica"}},
	} {
		server := redistest.Start(t, c.flags...)
		p := verb(t, c.code, "doctor", "--redis", "redis://"+server.Addr, "--nats", "nats://127.0.0.1:1")
		for _, want := range c.says {
			if !strings.Contains(p.Stdout(), want) {
				t.Errorf("%s: no %q in %s", name, want, p.Stdout())
			}
		}
	}
	hub := harness.Start(t)
	before := sums(t, hub.Dir)
	if p := verb(t, 0, "doctor", "--data", hub.Dir); !strings.Contains(p.Stdout(), "in use by process") || !strings.Contains(p.Stdout(), "survives  crash and power cut") {
		t.Errorf("a directory in use: %s", p.Stdout())
	}
	hub.Stop()
	if p := verb(t, 0, "doctor", "--data", hub.Dir); strings.Contains(p.Stdout(), "in use") {
		t.Errorf("a directory not in use: %s", p.Stdout())
	}
	if after := names(sums(t, hub.Dir)); fmt.Sprint(names(before)) != fmt.Sprint(after) {
		t.Errorf("the files are %v, were %v", after, names(before))
	}
	verb(t, 1, "doctor", "--data", "")
	verb(t, 1, "doctor", "--data", readOnlyDir(t))
}

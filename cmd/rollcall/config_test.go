package main

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// parseServe parses args as those of a verb that is nothing but serveFlags.
func parseServe(t testing.TB, stdout io.Writer, args ...string) (*kong.Context, error) {
	t.Helper()
	type hubCmd struct{ serveFlags }
	only := []verb{{"serve", "", func() any { return &hubCmd{} }}}
	return parse(&env{ctx: t.Context(), stdout: stdout, stderr: io.Discard}, only, append([]string{"serve"}, args...))
}

func configure(t testing.TB, args ...string) *serveFlags {
	t.Helper()
	parsed, err := parseServe(t, io.Discard, args...)
	if err != nil {
		t.Fatal(err)
	}
	return hubFlagsOf(parsed)
}

func TestDefaultsAreAWholeServerOnOneMachine(t *testing.T) {
	f := configure(t)
	if f.Listen != "127.0.0.1:8080" || f.Data != "./rollcall-data" || f.withKeys() || f.Anonymous != "none" || f.NATSListen != "" {
		t.Errorf("%+v", f)
	}
	want := presenceFlags{
		Ping: 15 * time.Second, ReadDeadline: 23 * time.Second, GraceGoing: 3 * time.Second, GraceBroken: 7 * time.Second,
		Threshold: 30 * time.Second, Refresh: 10 * time.Second, Sweep: time.Second,
	}
	if f.presenceFlags != want {
		t.Errorf("%+v", f.presenceFlags)
	}
}

func TestFlagBeforeEnvironmentBeforeFileBeforeDefault(t *testing.T) {
	for name, c := range map[string]struct {
		file, env, flag                  string // as written there
		inDefault, inFile, inEnv, inFlag any
		get                              func(*serveFlags) any
	}{
		"listen": {
			"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3",
			"127.0.0.1:8080", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3",
			func(f *serveFlags) any { return f.Listen },
		},
		"data": {
			`""`, "", "x",
			"./rollcall-data", "", "", "x",
			func(f *serveFlags) any { return f.Data },
		},
		"ping": {
			"1s", "2s", "3s",
			15 * time.Second, time.Second, 2 * time.Second, 3 * time.Second,
			func(f *serveFlags) any { return f.Ping },
		},
		"max-messages": {
			"1", "2", "3",
			100, 1, 2, 3,
			func(f *serveFlags) any { return f.MaxMessages },
		},
		"insecure": {
			"true", "false", "true",
			false, true, false, true,
			func(f *serveFlags) any { return f.Insecure },
		},
		"origin": {
			"[http://a, http://b]", "http://c,http://d", "http://e",
			[]string(nil),
			[]string{"http://a", "http://b"},
			[]string{"http://c", "http://d"},
			[]string{"http://e"},
			func(f *serveFlags) any { return f.Origin },
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := func(say string, want any, args ...string) {
				t.Helper()
				if got := c.get(configure(t, args...)); !reflect.DeepEqual(got, want) {
					t.Errorf("%s: got %#v, want %#v", say, got, want)
				}
			}
			file := "--config=" + newFile(t, "c.yaml", name+": "+c.file+"\n")
			flag := "--" + name + "=" + c.flag
			want("default", c.inDefault)
			want("file", c.inFile, file)
			want("flag over file", c.inFlag, file, flag)
			t.Setenv("ROLLCALL_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), c.env)
			want("env", c.inEnv)
			want("env over file", c.inEnv, file)
			want("flag over all", c.inFlag, file, flag)
		})
	}
}

func TestConfigFileMayBeNamedByEnvironment(t *testing.T) {
	t.Setenv("ROLLCALL_CONFIG", newFile(t, "c.yaml", "ping: 2s"))
	if got := configure(t).Ping; got != 2*time.Second {
		t.Errorf("ping is %v", got)
	}
}

func TestDataTakesAnEmptyArgument(t *testing.T) {
	if got := configure(t, "--data", "").Data; got != "" {
		t.Errorf("data is %q", got)
	}
}

func TestEveryFlagIsAnEnvironmentVariable(t *testing.T) {
	parsed, err := parseServe(t, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range parsed.Selected().Flags {
		want := []string{"ROLLCALL_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))}
		if settable(f) && !reflect.DeepEqual(f.Envs, want) {
			t.Errorf("--%s has environment %v, want %v", f.Name, f.Envs, want)
		}
	}
}

func TestPrintedConfigIsTheConfigInForceWithoutSecrets(t *testing.T) {
	secret := newFile(t, "secret", strings.Repeat("canary", 10))
	args := []string{
		"--jwt-hs256-file", secret, "--origin", "http://a", "--origin", "http://b", "--data", "", "--ping", "1m", "--read-deadline", "2m", "--listen", "0.0.0.0:80",
		"--redis", "redis://u:canary@h:1", "--nats", "nats://u:canary@h:1,nats://u:canary@h:2", "--trusted-proxy", "10.0.0.1",
	}
	var printed bytes.Buffer
	if _, err := parseServe(t, &printed, append(args, "--print-config")...); !errors.Is(err, errDone) {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(printed.String(), "canary") || !strings.Contains(printed.String(), secret) {
		t.Errorf("printed:\n%s", printed.String())
	}
	want := configure(t, args...)
	want.Redis, want.NATS = "redis://u:xxxxx@h:1", "nats://u:xxxxx@h:1,nats://u:xxxxx@h:2"
	got := configure(t, "--config", newFile(t, "c.yaml", printed.String()))
	got.Config = ""
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the printed config is\n%+v\nnot\n%+v", got, want)
	}
}

func TestValidationNamesTheFlagAndWhatIsAllowed(t *testing.T) {
	secret := newFile(t, "secret", strings.Repeat("x", 32))
	missing := filepath.Join(t.TempDir(), "missing")
	for name, c := range map[string]struct {
		args []string
		say  []string // none = accepted
	}{
		"no port":                  {[]string{"--listen=localhost"}, []string{"--listen", "HOST:PORT"}},
		"port too large":           {[]string{"--listen=127.0.0.1:99999"}, []string{"--listen", "0 to 65535"}},
		"all without keys":         {[]string{"--listen=:8080"}, []string{"--listen", "--insecure", "--jwt-hs256-file"}},
		"world without keys":       {[]string{"--listen=192.0.2.1:80"}, []string{"--listen", "--insecure"}},
		"name without keys":        {[]string{"--listen=hall.example:80"}, []string{"--listen", "--insecure"}},
		"NATS without keys":        {[]string{"--nats-listen=0.0.0.0:4222"}, []string{"--nats-listen", "--insecure"}},
		"world, insecure":          {[]string{"--listen=:8080", "--nats-listen=:4222", "--insecure"}, nil},
		"world with keys":          {[]string{"--listen=:8080", "--nats-listen=:4222", "--jwt-hs256-file=" + secret}, nil},
		"localhost, IPv6":          {[]string{"--listen=localhost:0", "--nats-listen=[::1]:0"}, nil},
		"bad metrics address":      {[]string{"--metrics-listen=x"}, []string{"--metrics-listen", "HOST:PORT"}},
		"no contest":               {[]string{"--contest=" + missing}, []string{"--contest", "no such file"}},
		"contest a directory":      {[]string{"--contest=" + t.TempDir()}, []string{"--contest", "not a file"}},
		"participants alone":       {[]string{"--participants=" + secret}, []string{"--participants", "--contest"}},
		"no secret":                {[]string{"--jwt-hs256-file=" + missing}, []string{"--jwt-hs256-file", "no such file"}},
		"short secret":             {[]string{"--jwt-hs256-file=" + newFile(t, "s", "x")}, []string{"--jwt-hs256-file", "at least 32"}},
		"no keys":                  {[]string{"--api-key-file=" + missing}, []string{"--api-key-file", "no such file"}},
		"bad keys":                 {[]string{"--api-key-file=" + newFile(t, "k", "- {name: a}")}, []string{"--api-key-file", "line 1", "hash"}},
		"anonymous":                {[]string{"--anonymous=admin"}, []string{"--anonymous", "none, viewer"}},
		"log level":                {[]string{"--log-level=loud"}, []string{"--log-level", "debug, info, warn, error"}},
		"log format":               {[]string{"--log-format=xml"}, []string{"--log-format", "text, json"}},
		"origin with path":         {[]string{"--origin=https://a/b"}, []string{"--origin", "without a path"}},
		"origin wildcard":          {[]string{"--origin=https://*.a"}, []string{"--origin", "wildcard"}},
		"origin null":              {[]string{"--origin=null"}, []string{"--origin"}},
		"origin with port":         {[]string{"--origin=https://a:8443"}, nil},
		"deadline too short":       {[]string{"--ping=20s", "--read-deadline=24s"}, []string{"--read-deadline", "1.2", "24s"}},
		"deadline long enough":     {[]string{"--ping=20s", "--read-deadline=24001ms"}, nil},
		"threshold too short":      {[]string{"--refresh=16s"}, []string{"--threshold", "--refresh"}},
		"sweep too rare":           {[]string{"--sweep=8001ms"}, []string{"--sweep", "0.4", "--threshold", "8s"}},
		"sweep often enough":       {[]string{"--sweep=8s"}, nil},
		"negative ping":            {[]string{"--ping=-1s"}, []string{"--ping", "more than 0"}},
		"negative grace":           {[]string{"--grace-broken=-1s"}, []string{"--grace-broken", "at least 0s"}},
		"no sweep":                 {[]string{"--sweep=0s"}, []string{"--sweep", "more than 0"}},
		"negative connections":     {[]string{"--max-connections=-1"}, []string{"--max-connections", "at least 0"}},
		"no subscription":          {[]string{"--max-subscriptions=0"}, []string{"--max-subscriptions", "at least 1"}},
		"negative queue":           {[]string{"--queue-depth=-5"}, []string{"--queue-depth", "at least 512"}},
		"no id":                    {[]string{"--id-limit=0"}, []string{"--id-limit", "at least 1"}},
		"not a number":             {[]string{"--queue-depth=many"}, []string{"--queue-depth", "many"}},
		"not a duration":           {[]string{"--ping=15"}, []string{"--ping", "duration"}},
		"shared":                   {[]string{"--redis=redis://h:1", "--nats=nats://u:p@h:1,tls://h:2"}, nil},
		"redis alone":              {[]string{"--redis=redis://h:1"}, []string{"--redis", "needs --nats"}},
		"nats alone":               {[]string{"--nats=nats://h:1"}, []string{"--nats", "needs --redis", "--nats-listen"}},
		"no redis address":         {[]string{"--redis=h:1", "--nats=nats://h:1"}, []string{"--redis", "redis://HOST:PORT"}},
		"no nats address":          {[]string{"--redis=redis://h:1", "--nats=http://h:1"}, []string{"--nats", "nats://"}},
		"redis prefix":             {[]string{"--redis-prefix=a:b"}, []string{"--redis-prefix", "letters"}},
		"proxy":                    {[]string{"--trusted-proxy=10.0.0.1", "--trusted-proxy=fd00::/8"}, nil},
		"proxy by name":            {[]string{"--trusted-proxy=nginx"}, []string{"--trusted-proxy", "10.0.0.0/8"}},
		"two faults are both told": {[]string{"--ping=-1s", "--anonymous=x"}, []string{"--ping", "--anonymous"}},
		"no config file":           {[]string{"--config=" + missing}, []string{"--config", "no such file"}},
		"unknown key in file":      {[]string{"--config=" + newFile(t, "c", "lisen: x")}, []string{"--config", "lisen"}},
		"config in config":         {[]string{"--config=" + newFile(t, "c", "config: x")}, []string{"--config", "not a flag that a file can set"}},
		"twice in file":            {[]string{"--config=" + newFile(t, "c", "ping: 1s\nping: 2s")}, []string{"--config", "ping"}},
		"not a mapping":            {[]string{"--config=" + newFile(t, "c", "- a")}, []string{"--config", "mapping"}},
		"no value in file":         {[]string{"--config=" + newFile(t, "c", "ping:")}, []string{"--config", "ping", "no value"}},
		"mapping in file":          {[]string{"--config=" + newFile(t, "c", "ping: {a: b}")}, []string{"--config", "ping"}},
		"list in file":             {[]string{"--config=" + newFile(t, "c", "ping: [1s]")}, []string{"--config", "ping", "one value"}},
		"wrong type in file":       {[]string{"--config=" + newFile(t, "c", "ping: yes")}, []string{"--ping", "duration"}},
		"bad value in file":        {[]string{"--config=" + newFile(t, "c", "anonymous: x")}, []string{"--anonymous", "none, viewer"}},
		"empty file":               {[]string{"--config=" + newFile(t, "c", "# nothing\n")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseServe(t, io.Discard, c.args...)
			if c.say == nil {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			for _, say := range c.say {
				if !strings.Contains(err.Error(), say) {
					t.Errorf("%q is not in: %v", say, err)
				}
			}
		})
	}
}

func FuzzConfigFile(f *testing.F) {
	f.Add([]byte("listen: 127.0.0.1:0\norigin: [http://a]\n"))
	f.Add([]byte("ping: 1s\nping: 2s"))
	var cmd struct{ serveFlags }
	model, err := kong.New(&cmd)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := loadConfigFile(newFile(t, "c", string(data)), model.Model.Flags)
		for name := range file {
			if err != nil || name == "config" {
				t.Errorf("%s was read", name)
			}
		}
	})
}

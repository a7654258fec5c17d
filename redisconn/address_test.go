package redisconn

import (
	"reflect"
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	for s, want := range map[string]Address{
		"redis://h:1":                                  {Kind: Single, Hosts: []string{"h:1"}},
		"redis://h:1/":                                 {Kind: Single, Hosts: []string{"h:1"}},
		"rediss://u:p%40%2F@h:1/3":                     {Kind: Single, Hosts: []string{"h:1"}, User: "u", Password: "p@/", DB: 3, TLS: true},
		"redis://:p@[::1]:1":                           {Kind: Single, Hosts: []string{"[::1]:1"}, Password: "p"},
		"redis-sentinel://a:1,b:2/main":                {Kind: Sentinel, Hosts: []string{"a:1", "b:2"}, Master: "main"},
		"rediss-sentinel://a:1/main/2":                 {Kind: Sentinel, Hosts: []string{"a:1"}, Master: "main", DB: 2, TLS: true},
		"redis-cluster://u:p@a:1,b:2,c:3":              {Kind: Cluster, Hosts: []string{"a:1", "b:2", "c:3"}, User: "u", Password: "p"},
		"redis-sentinel://u:p@127.0.0.1:26379/m%20m":   {Kind: Sentinel, Hosts: []string{"127.0.0.1:26379"}, Master: "m%20m", User: "u", Password: "p"},
		"redis-sentinel://:p@a:1/main?sentinel=:p%40x": {Kind: Sentinel, Hosts: []string{"a:1"}, Master: "main", Password: "p", SentinelPassword: "p@x"},
		"redis-sentinel://a:1,b:2/main/3?sentinel=s:p": {Kind: Sentinel, Hosts: []string{"a:1", "b:2"}, Master: "main", DB: 3, SentinelUser: "s", SentinelPassword: "p"},
		"redis://u:p?x@h:1":                            {Kind: Single, Hosts: []string{"h:1"}, User: "u", Password: "p?x"},
	} {
		got, err := ParseAddress(s)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", s, got, err, want)
		}
		if strings.Contains(got.String(), ":p") {
			t.Errorf("%s shows its password: %s", s, got)
		}
		again, err := ParseAddress(got.String())
		want.Password, want.SentinelPassword = "", ""
		if err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%s printed as %s is %+v, %v", s, got, again, err)
		}
	}
}

func TestBadAddressesSayWhatIsAllowed(t *testing.T) {
	for s, want := range map[string]string{
		"":                                       "redis://HOST:PORT",
		"localhost:6379":                         "redis://HOST:PORT",
		"http://h:1":                             "scheme",
		"redis://":                               "HOST:PORT",
		"redis://h":                              "HOST:PORT",
		"redis://h:0":                            "1 to 65535",
		"redis://h:70000":                        "1 to 65535",
		"redis://a:1,b:2":                        "redis-cluster://",
		"redis://h:1/x":                          "database",
		"redis-cluster://h:1/1":                  "database",
		"redis-sentinel://h:1":                   "master",
		"redis://u:secret%zz@h:1":                "percent-encoded",
		"redis://u:secret@h:70000":               "1 to 65535",
		"redis://u:secret/x@h":                   "HOST:PORT", // the / should be %2F
		"redis://h:1?x=secret":                   "redis-sentinel://",
		"redis://h:1?sentinel=secret":            "redis-sentinel://",
		"redis-sentinel://h:1/m?password=secret": "?sentinel=",
		"redis-sentinel://h:1/m?sentinel=:zzsecret@x": "percent-encoded",
		"redis-sentinel://h:1/m?sentinel=:%zzsecret":  "percent-encoded",
	} {
		_, err := ParseAddress(s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", s, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q shows its password: %v", s, err)
		}
	}
}

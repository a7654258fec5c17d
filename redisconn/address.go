package redisconn

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Address says where Redis is:
//
//	redis://[user:password@]host:port[/db]
//	redis-sentinel://[user:password@]host:port,…/master[/db][?sentinel=user:password]
//	redis-cluster://[user:password@]host:port,…
//
// rediss in place of redis means TLS. Users and passwords are percent-encoded;
// a user may be left out, as in :password@ and ?sentinel=:password, which is
// what the sentinels themselves ask for.
type Address struct {
	Kind     Kind
	Hosts    []string // host:port: the server, the sentinels, or some of the cluster's nodes
	Master   string   // Sentinel: the name of the set
	DB       int      // not with Cluster
	User     string
	Password string
	TLS      bool

	SentinelUser     string // what the sentinels ask for
	SentinelPassword string
}

// Kind is the shape of a deployment.
type Kind string

// The kinds; they are the schemes of their addresses.
const (
	Single   Kind = "redis"
	Sentinel Kind = "redis-sentinel"
	Cluster  Kind = "redis-cluster"
)

// sentinelQuery begins what only redis-sentinel takes behind the path.
const sentinelQuery = "?sentinel="

// ParseAddress reads an address. Its errors never show a password.
func ParseAddress(s string) (a Address, err error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return Address{}, errors.New("must be redis://HOST:PORT, redis-sentinel://HOST:PORT,…/MASTER or redis-cluster://HOST:PORT,…")
	}
	a.Kind = Kind(scheme)
	if strings.HasPrefix(scheme, "rediss") {
		a.Kind, a.TLS = Kind("redis"+strings.TrimPrefix(scheme, "rediss")), true
	}
	if a.Kind != Single && a.Kind != Sentinel && a.Kind != Cluster {
		return Address{}, fmt.Errorf("has the scheme %q; it must be redis, redis-sentinel or redis-cluster, or rediss… for TLS", scheme)
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 { // of all: a password may hold a / that should be encoded
		if strings.Contains(rest[:at], sentinelQuery) {
			return Address{}, errors.New("has a sentinel password that is not percent-encoded")
		}
		if a.User, a.Password, err = login(rest[:at]); err != nil {
			return Address{}, err
		}
		rest = rest[at+1:]
	}
	rest, query, _ := strings.Cut(rest, "?")
	if err := a.query(query); err != nil {
		return Address{}, err
	}
	hosts, path, _ := strings.Cut(rest, "/")
	for host := range strings.SplitSeq(hosts, ",") {
		if err := checkHost(host); err != nil {
			return Address{}, err
		}
		a.Hosts = append(a.Hosts, host)
	}
	return a, a.path(path)
}

func login(s string) (user, password string, err error) {
	user, password, _ = strings.Cut(s, ":")
	if user, err = url.PathUnescape(user); err != nil {
		return "", "", errors.New("has a user that is not percent-encoded")
	}
	if password, err = url.PathUnescape(password); err != nil {
		return "", "", errors.New("has a password that is not percent-encoded")
	}
	return user, password, nil
}

// query reads what follows the question mark.
func (a *Address) query(s string) (err error) {
	if s == "" {
		return nil
	}
	value, ok := strings.CutPrefix("?"+s, sentinelQuery)
	if !ok || a.Kind != Sentinel {
		return errors.New("may have a query only with redis-sentinel://, which is ?sentinel=USER:PASSWORD")
	}
	a.SentinelUser, a.SentinelPassword, err = login(value)
	return err
}

func checkHost(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return fmt.Errorf("has the host %q; it must be HOST:PORT", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("has the host %q; the port must be 1 to 65535", s)
	}
	return nil
}

// path reads what follows the hosts: a database, a master and a database, or
// nothing.
func (a *Address) path(s string) error {
	s = strings.TrimSuffix(s, "/")
	if a.Kind == Sentinel {
		a.Master, s, _ = strings.Cut(s, "/")
		if a.Master == "" {
			return errors.New("must name the master, as redis-sentinel://HOST:PORT/MASTER")
		}
	}
	if len(a.Hosts) > 1 && a.Kind == Single {
		return errors.New("has several hosts; that is redis-sentinel:// or redis-cluster://")
	}
	if s == "" {
		return nil
	}
	db, err := strconv.ParseUint(s, 10, 16)
	if err != nil || a.Kind == Cluster {
		return errors.New("must end in the host, or in the number of a database where there may be one")
	}
	a.DB = int(db)
	return nil
}

// String is the address without the passwords.
func (a Address) String() string {
	s := string(a.Kind) + "://"
	if a.TLS {
		s = "rediss" + strings.TrimPrefix(s, "redis")
	}
	if a.User != "" {
		s += url.PathEscape(a.User) + "@"
	}
	s += strings.Join(a.Hosts, ",")
	if a.Master != "" {
		s += "/" + a.Master
	}
	if a.DB != 0 {
		s += "/" + strconv.Itoa(a.DB)
	}
	if a.SentinelUser != "" {
		s += sentinelQuery + url.PathEscape(a.SentinelUser)
	}
	return s
}

func (a Address) tls() *tls.Config {
	if !a.TLS {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}

package jwtauth

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rollcall/hub"
	"rollcall/wire"
)

func TestTokenBecomesItsPrincipal(t *testing.T) {
	exp := time.Now().Add(time.Hour).Truncate(time.Second)
	for name, c := range map[string]struct {
		claims jwt.MapClaims
		want   hub.Principal
	}{
		"player": {
			jwt.MapClaims{"sub": "21CS042", "name": "Sainadh", "role": "player", "rooms": []string{"finals"}, "boards": []string{"finals"}},
			hub.Principal{User: "21CS042", Name: "Sainadh", Roles: []hub.Role{hub.Player}, Rooms: []string{"finals"}, Boards: []string{"finals"}},
		},
		"pusher": {
			jwt.MapClaims{"sub": "j", "roles": []string{"pusher", "jury"}, "source": "judge-1"},
			hub.Principal{User: "j", Name: "j", Roles: []hub.Role{hub.Pusher, hub.Jury}, Source: "judge-1"},
		},
		"one member everywhere": {
			jwt.MapClaims{"sub": "alok", "role": "player", "member": "team-7"},
			hub.Principal{User: "alok", Name: "alok", Roles: []hub.Role{hub.Player}, Member: "team-7"},
		},
		"a member a board": {
			jwt.MapClaims{"sub": "alok", "role": "player", "member": map[string]string{"finals": "team-7"}},
			hub.Principal{User: "alok", Name: "alok", Roles: []hub.Role{hub.Player}, Members: map[string]string{"finals": "team-7"}},
		},
		"no board at all": {
			jwt.MapClaims{"sub": "alok", "role": "viewer", "boards": []string{}},
			hub.Principal{User: "alok", Name: "alok", Roles: []hub.Role{hub.Viewer}, Boards: []string{}},
		},
		"nobody who watches": {
			jwt.MapClaims{"sub": nil, "role": "viewer"},
			hub.Principal{Roles: []hub.Role{hub.Viewer}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.claims["exp"] = exp.Unix()
			c.want.Expires = exp.Add(30 * time.Second) // with the leeway
			got, err := newVerifier(t, Config{}).Authenticate(newToken(t, c.claims))
			if err != nil {
				t.Fatal(err)
			}
			if !got.Expires.Equal(c.want.Expires) {
				t.Errorf("expires %v, want %v", got.Expires, c.want.Expires)
			}
			got.Expires = c.want.Expires
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestOtherSignaturesAreRefused(t *testing.T) {
	v := newVerifier(t, Config{})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{"sub": "mallory", "role": "admin", "exp": time.Now().Add(time.Hour).Unix()}
	for name, c := range map[string]struct {
		method jwt.SigningMethod
		key    any
	}{
		"none":                    {jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType},
		"HS384":                   {jwt.SigningMethodHS384, secret},
		"HS512":                   {jwt.SigningMethodHS512, secret},
		"RS256":                   {jwt.SigningMethodRS256, key},
		"HS256 with a public key": {jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})},
		"HS256, other secret":     {jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32))},
		"HS256, empty secret":     {jwt.SigningMethodHS256, []byte{}},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := jwt.NewWithClaims(c.method, claims).SignedString(c.key)
			if err != nil {
				t.Fatal(err)
			}
			wantRefused(t, v, token, wire.BadToken, "not signed with HS256")
		})
	}
	t.Run("signature cut off", func(t *testing.T) {
		token := newToken(t, jwt.MapClaims{})
		wantRefused(t, v, token[:strings.LastIndex(token, ".")+1], wire.BadToken, "not signed")
	})
	t.Run("payload changed", func(t *testing.T) {
		parts := strings.Split(newToken(t, jwt.MapClaims{}), ".")
		parts[1] = base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"alok","role":"admin","exp":9999999999}`))
		wantRefused(t, v, strings.Join(parts, "."), wire.BadToken, "not signed")
	})
	t.Run("crit", func(t *testing.T) {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
		token.Header["crit"] = []string{"x"}
		text, err := token.SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		wantRefused(t, v, text, wire.BadToken, "crit")
	})
}

func TestTokensThatAreNotTokensAreRefused(t *testing.T) {
	v := newVerifier(t, Config{})
	wantRefused(t, v, "", wire.AuthRequired, "required")
	for _, token := range []string{"x", "...", "a.b.c", "{}", "Bearer x", "\x00", strings.Repeat("é", 100)} {
		wantRefused(t, v, token, wire.BadToken, "neither a JWT nor an API key")
	}
	wantRefused(t, v, strings.Repeat("x", MaxToken+1), wire.BadToken, "over 4096 bytes")
	wantRefused(t, v, newToken(t, jwt.MapClaims{"pad": strings.Repeat("x", MaxToken)}), wire.BadToken, "over 4096 bytes")
}

func TestTimesAreJudgedWithLeeway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVerifier(t, Config{})
		in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
		for name, c := range map[string]struct {
			claims jwt.MapClaims
			say    string // "" = accepted
		}{
			"just expired":     {jwt.MapClaims{"exp": in(-29 * time.Second)}, ""},
			"expired":          {jwt.MapClaims{"exp": in(-31 * time.Second)}, "has expired"},
			"no exp":           {jwt.MapClaims{"exp": nil}, "lacks a required claim"},
			"exp zero":         {jwt.MapClaims{"exp": 0}, "has expired"},
			"exp never":        {jwt.MapClaims{"exp": 1e15}, "exp is not a time"},
			"exp text":         {jwt.MapClaims{"exp": "tomorrow"}, "neither a JWT"},
			"clock ahead":      {jwt.MapClaims{"nbf": in(29 * time.Second)}, ""},
			"not yet":          {jwt.MapClaims{"nbf": in(31 * time.Second)}, "not valid yet"},
			"issued in future": {jwt.MapClaims{"iat": in(time.Hour)}, ""},
		} {
			token := newToken(t, c.claims)
			if c.say != "" {
				wantRefused(t, v, token, wire.BadToken, c.say)
			} else if _, err := v.Authenticate(token); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if p, err := v.Authenticate(newToken(t, jwt.MapClaims{"exp": 1e300})); err == nil {
			t.Errorf("exp 1e300 is accepted until %v", p.Expires)
		}
	})
}

func TestClaimsAreChecked(t *testing.T) {
	v := newVerifier(t, Config{})
	for name, c := range map[string]struct {
		claims jwt.MapClaims
		say    string
	}{
		"no role":               {jwt.MapClaims{"role": nil}, "roles is missing"},
		"no roles":              {jwt.MapClaims{"roles": []string{}}, "roles is missing"},
		"unknown role":          {jwt.MapClaims{"role": "root"}, "unknown role"},
		"one unknown role":      {jwt.MapClaims{"roles": []string{"player", "root"}}, "unknown role"},
		"player without sub":    {jwt.MapClaims{"sub": nil}, "sub is missing"},
		"sub with newline":      {jwt.MapClaims{"sub": "a\nb"}, "claim sub must be UTF-8 without control"},
		"sub with bidi":         {jwt.MapClaims{"sub": "a\u202eb"}, "claim sub"},
		"sub dot":               {jwt.MapClaims{"sub": ".."}, "claim sub"},
		"sub too long":          {jwt.MapClaims{"sub": strings.Repeat("x", wire.MaxMember+1)}, "claim sub must be 1 to 128"},
		"sub number":            {jwt.MapClaims{"sub": 7}, "claim sub has the wrong type"},
		"name too long":         {jwt.MapClaims{"name": strings.Repeat("x", wire.MaxText+1)}, "claim name"},
		"bad room":              {jwt.MapClaims{"rooms": []string{"a b"}}, "claim rooms"},
		"wildcard board":        {jwt.MapClaims{"boards": []string{"*"}}, "claim boards"},
		"boards text":           {jwt.MapClaims{"boards": "finals"}, "claim boards has the wrong type"},
		"bad source":            {jwt.MapClaims{"source": "a.b"}, "claim source"},
		"bad member":            {jwt.MapClaims{"member": "\x7f"}, "claim member"},
		"member number":         {jwt.MapClaims{"member": 7}, "claim member has the wrong type"},
		"bad member of a board": {jwt.MapClaims{"member": map[string]string{"b": ""}}, "claim member"},
		"member of a bad board": {jwt.MapClaims{"member": map[string]string{"b c": "x"}}, "claim member"},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, v, newToken(t, c.claims), wire.BadToken, c.say) })
	}
}

func TestAudienceAndIssuerAreChecked(t *testing.T) {
	v := newVerifier(t, Config{Audience: "rollcall", Issuer: "school"})
	if _, err := v.Authenticate(newToken(t, jwt.MapClaims{"aud": []string{"x", "rollcall"}, "iss": "school"})); err != nil {
		t.Error(err)
	}
	wantRefused(t, v, newToken(t, jwt.MapClaims{"aud": "x", "iss": "school"}), wire.BadToken, "another audience")
	wantRefused(t, v, newToken(t, jwt.MapClaims{"iss": "school"}), wire.BadToken, "lacks a required claim")
	wantRefused(t, v, newToken(t, jwt.MapClaims{"aud": "rollcall", "iss": "x"}), wire.BadToken, "another issuer")
}

func TestNewRefusesAWeakConfig(t *testing.T) {
	_, hash := NewKey()
	good := Key{Name: "a", Hash: hash, Roles: []hub.Role{hub.Pusher}}
	for name, cfg := range map[string]Config{
		"nothing":      {},
		"short secret": {HS256Secret: secret[:31]},
		"key twice":    {APIKeys: []Key{good, good}},
		"bad key":      {APIKeys: []Key{{Name: "a", Hash: hash}}},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func FuzzAuthenticate(f *testing.F) {
	v := newVerifier(f, Config{})
	for _, seed := range []string{"", "rk_x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", newToken(f, jwt.MapClaims{"member": map[string]string{"b": "m"}})} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, err := v.Authenticate(token)
		if err != nil && (p.User != "" || p.Roles != nil) {
			t.Errorf("a refused token has principal %+v", p)
		}
		if err == nil && (p.Expires.IsZero() || len(p.Roles) == 0) {
			t.Errorf("accepted with %+v", p)
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	v := newVerifier(b, Config{})
	token := newToken(b, jwt.MapClaims{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Authenticate(token); err != nil {
			b.Fatal(err)
		}
	}
}

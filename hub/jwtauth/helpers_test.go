package jwtauth

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rollcall/wire"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

func newVerifier(t testing.TB, cfg Config) *Verifier {
	t.Helper()
	if cfg.HS256Secret == nil {
		cfg.HS256Secret = secret
	}
	v, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// newToken signs any claims, also wrong ones; exp is an hour away unless they
// say otherwise, and role player unless they name roles.
func newToken(t testing.TB, claims jwt.MapClaims) string {
	t.Helper()
	if _, ok := claims["exp"]; !ok {
		claims["exp"] = time.Now().Add(time.Hour).Unix()
	}
	_, role := claims["role"]
	_, roles := claims["roles"]
	if !role && !roles {
		claims["role"] = "player"
	}
	if _, ok := claims["sub"]; !ok {
		claims["sub"] = "alok"
	}
	for name, value := range claims {
		if value == nil {
			delete(claims, name)
		}
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// wantRefused checks that the token is refused for the reason, and that the
// text, which its sender will see, does not hold it.
func wantRefused(t testing.TB, v *Verifier, token string, code wire.Code, say string) {
	t.Helper()
	p, err := v.Authenticate(token)
	var fault *wire.Error
	if !errors.As(err, &fault) || fault.Code != code || !strings.Contains(fault.Message, say) {
		t.Fatalf("got %+v, %v; want %s with %q", p, err, code, say)
	}
	for _, part := range strings.Split(token, ".") {
		if len(part) > 3 && strings.Contains(err.Error(), part) {
			t.Fatalf("the error shows the token: %v", err)
		}
	}
}

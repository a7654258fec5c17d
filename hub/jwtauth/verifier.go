package jwtauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rollcall/hub"
	"rollcall/wire"
)

var _ hub.Authenticator = (*Verifier)(nil)

// MaxToken bounds a token; more is refused unread. Bytes.
const MaxToken = 4 << 10

// MinSecret bounds an HS256 secret from below: the hash's own size, as
// RFC 7518 §3.2 demands. Bytes.
const MinSecret = 32

// Config is what a Verifier accepts: JWTs if HS256Secret is set, API keys if
// APIKeys is.
type Config struct {
	HS256Secret []byte        // at least MinSecret bytes
	APIKeys     []Key         // names and hashes are unique
	Audience    string        // if set, a JWT's aud must hold it
	Issuer      string        // if set, a JWT's iss must be it
	Leeway      time.Duration // clock skew forgiven in exp and nbf; default 30 s
}

// Verifier turns tokens into principals. It is safe for concurrent use.
type Verifier struct {
	cfg    Config
	parser *jwt.Parser // nil = no JWT is accepted
}

// New returns a verifier, or says what is wrong with the config.
func New(cfg Config) (*Verifier, error) {
	if cfg.Leeway == 0 {
		cfg.Leeway = 30 * time.Second
	}
	if len(cfg.HS256Secret) == 0 && len(cfg.APIKeys) == 0 {
		return nil, errors.New("jwtauth: neither a secret nor API keys")
	}
	if err := checkKeys(cfg.APIKeys); err != nil {
		return nil, fmt.Errorf("jwtauth: %w", err)
	}
	v := &Verifier{cfg: cfg}
	if len(cfg.HS256Secret) == 0 {
		return v, nil
	}
	if len(cfg.HS256Secret) < MinSecret {
		return nil, fmt.Errorf("jwtauth: the secret has %d bytes, at least %d are needed", len(cfg.HS256Secret), MinSecret)
	}
	v.parser = jwt.NewParser(parserOptions(cfg)...)
	return v, nil
}

func parserOptions(cfg Config) []jwt.ParserOption {
	opts := []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(cfg.Leeway),
		jwt.WithStrictDecoding(),
	}
	if cfg.Audience != "" {
		opts = append(opts, jwt.WithAudience(cfg.Audience))
	}
	if cfg.Issuer != "" {
		opts = append(opts, jwt.WithIssuer(cfg.Issuer))
	}
	return opts
}

// Authenticate returns the principal of a JWT or API key. The error is a
// *wire.Error for the sender: auth_required without a token, else bad_token;
// it never holds the token.
func (v *Verifier) Authenticate(token string) (hub.Principal, error) {
	switch {
	case token == "":
		return hub.Principal{}, &wire.Error{Code: wire.AuthRequired, Message: "a token is required"}
	case len(token) > MaxToken:
		return hub.Principal{}, badToken("is over %d bytes", MaxToken)
	case strings.HasPrefix(token, keyPrefix):
		return v.authenticateKey(token)
	case v.parser == nil:
		return hub.Principal{}, badToken("is not an API key (rk_…), and nothing else is accepted here")
	}
	return v.authenticateJWT(token)
}

// authenticateKey compares with every key, so that the time it takes tells
// nothing about which hash is near.
func (v *Verifier) authenticateKey(token string) (hub.Principal, error) {
	hash := sha256.Sum256([]byte(token))
	found := -1
	for i := range v.cfg.APIKeys {
		if subtle.ConstantTimeCompare(hash[:], v.cfg.APIKeys[i].Hash[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return hub.Principal{}, badToken("is an unknown API key")
	}
	return v.cfg.APIKeys[found].principal(), nil
}

func (v *Verifier) authenticateJWT(token string) (hub.Principal, error) {
	var c jwtClaims
	parsed, err := v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return v.cfg.HS256Secret, nil })
	if err != nil {
		return hub.Principal{}, badToken("%s", reason(err))
	}
	if _, ok := parsed.Header["crit"]; ok {
		return hub.Principal{}, badToken("has a crit header, which is not understood")
	}
	p, err := c.principal(v.cfg.Leeway)
	if err != nil {
		return hub.Principal{}, badToken("%v", err)
	}
	return p, nil
}

// reason says in our words what the library found, since its own may quote
// the token.
func reason(err error) string {
	if claim := (claimError{}); errors.As(err, &claim) {
		return claim.Error()
	}
	for _, row := range []struct {
		is  error
		say string
	}{
		{jwt.ErrTokenRequiredClaimMissing, "lacks a required claim (exp, or aud or iss where they are set)"},
		{jwt.ErrTokenExpired, "has expired"},
		{jwt.ErrTokenNotValidYet, "is not valid yet (nbf)"},
		{jwt.ErrTokenInvalidAudience, "is meant for another audience (aud)"},
		{jwt.ErrTokenInvalidIssuer, "is of another issuer (iss)"},
		{jwt.ErrTokenMalformed, "is neither a JWT nor an API key"},
		{jwt.ErrTokenSignatureInvalid, "is not signed with HS256 and this server's secret"},
	} {
		if errors.Is(err, row.is) {
			return row.say
		}
	}
	return "cannot be verified"
}

func badToken(format string, args ...any) *wire.Error {
	return &wire.Error{Code: wire.BadToken, Field: "token", Message: fmt.Sprintf(format, args...)}
}

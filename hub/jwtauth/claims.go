package jwtauth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rollcall/hub"
)

// Claims are what Sign puts into a JWT.
type Claims struct {
	Subject  string // the user
	Name     string
	Roles    []hub.Role
	Rooms    []string          // nil = all
	Boards   []string          // nil = all
	Source   string            // "" = any
	Member   string            // who `me` is; "" = Subject
	Members  map[string]string // who `me` is, by board; not together with Member
	Audience string
	Issuer   string
	Expires  time.Time // required; whole seconds
}

// Sign returns a JWT that a Verifier with the same secret accepts, or says
// which claim it would refuse.
func Sign(secret []byte, c Claims) (string, error) {
	if len(secret) < MinSecret {
		return "", fmt.Errorf("sign: the secret has %d bytes, at least %d are needed", len(secret), MinSecret)
	}
	out := jwtClaims{
		Subject: c.Subject, Name: c.Name, Rooms: optional(c.Rooms), Boards: optional(c.Boards), Source: c.Source,
		Member:   member{one: c.Member, byBoard: c.Members},
		Issuer:   c.Issuer,
		IssuedAt: jwt.NewNumericDate(time.Now()),
		Expires:  jwt.NewNumericDate(c.Expires),
	}
	for _, r := range c.Roles {
		out.Roles = append(out.Roles, string(r))
	}
	if c.Audience != "" {
		out.Audience = jwt.ClaimStrings{c.Audience}
	}
	if _, err := out.principal(0); err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, out).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	if len(text) > MaxToken {
		return "", fmt.Errorf("sign: the token has %d bytes, at most %d are accepted", len(text), MaxToken)
	}
	return text, nil
}

// jwtClaims is the payload on the wire.
type jwtClaims struct {
	Subject   string           `json:"sub,omitempty"`
	Name      string           `json:"name,omitempty"`
	Roles     []string         `json:"roles,omitempty"`
	Role      string           `json:"role,omitempty"`
	Rooms     *[]string        `json:"rooms,omitempty"`
	Boards    *[]string        `json:"boards,omitempty"`
	Source    string           `json:"source,omitempty"`
	Member    member           `json:"member,omitzero"`
	Issuer    string           `json:"iss,omitempty"`
	Audience  jwt.ClaimStrings `json:"aud,omitempty"`
	Expires   *jwt.NumericDate `json:"exp"`
	NotBefore *jwt.NumericDate `json:"nbf,omitempty"`
	IssuedAt  *jwt.NumericDate `json:"iat,omitempty"`
}

var _ jwt.Claims = (*jwtClaims)(nil)

func (c jwtClaims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires, nil }
func (c jwtClaims) GetNotBefore() (*jwt.NumericDate, error)      { return c.NotBefore, nil }
func (c jwtClaims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt, nil }
func (c jwtClaims) GetAudience() (jwt.ClaimStrings, error)       { return c.Audience, nil }
func (c jwtClaims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c jwtClaims) GetSubject() (string, error)                  { return c.Subject, nil }

// UnmarshalJSON names the claim that has the wrong type.
func (c *jwtClaims) UnmarshalJSON(data []byte) error {
	type plain jwtClaims
	err := json.Unmarshal(data, (*plain)(c))
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return claimError{wrong.Field}
	}
	return err
}

// claimError names a claim of the wrong JSON type.
type claimError struct{ name string }

func (e claimError) Error() string { return "claim " + e.name + " has the wrong type" }

// member is the claim of that name: a string, or a map by board.
type member struct {
	one     string
	byBoard map[string]string
}

func (m member) IsZero() bool { return m.one == "" && m.byBoard == nil }

func (m member) MarshalJSON() ([]byte, error) {
	if m.byBoard != nil {
		return json.Marshal(m.byBoard)
	}
	return json.Marshal(m.one)
}

func (m *member) UnmarshalJSON(data []byte) error {
	var err error
	if bytes.HasPrefix(data, []byte("{")) {
		err = json.Unmarshal(data, &m.byBoard)
	} else {
		err = json.Unmarshal(data, &m.one)
	}
	if err != nil {
		return claimError{"member"}
	}
	return nil
}

// principal checks every claim that the signature does not vouch for. The
// error names the claim.
func (c *jwtClaims) principal(leeway time.Duration) (hub.Principal, error) {
	var roles []hub.Role
	for _, r := range c.Roles {
		roles = append(roles, hub.Role(r))
	}
	if c.Role != "" {
		roles = append(roles, hub.Role(c.Role))
	}
	p := hub.Principal{
		User: c.Subject, Name: cmp.Or(c.Name, c.Subject), Roles: roles,
		Rooms: list(c.Rooms), Boards: list(c.Boards), Source: c.Source,
		Member: c.Member.one, Members: c.Member.byBoard,
	}
	if err := check(&p, claimNames); err != nil {
		return hub.Principal{}, err
	}
	if c.Expires == nil || c.Expires.Unix() <= 0 || c.Expires.Unix() > math.MaxInt32*8 {
		return hub.Principal{}, errors.New("claim exp is not a time")
	}
	p.Expires = c.Expires.Add(leeway)
	return p, nil
}

// optional keeps "none" (empty) apart from "all" (nil).
func optional(names []string) *[]string {
	if names == nil {
		return nil
	}
	return &names
}

func list(names *[]string) []string {
	if names == nil {
		return nil
	}
	return append([]string{}, *names...)
}

// claimNames says what the checked fields are called in a JWT.
var claimNames = fieldNames{user: "claim sub", prefix: "claim "}

package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"rollcall/contest"
	"rollcall/hub"
	"rollcall/hub/jwtauth"
)

// tokenCmd prints who-is-who: links for a contest's participants, one token,
// or one API key.
type tokenCmd struct {
	Contest string `help:"Print a link for each participant of this contest file." placeholder:"FILE" xor:"what"`
	User    string `help:"Print a token for this user." xor:"what"`
	APIKey  string `name:"api-key" help:"Print a new API key of this name, and its line for the --api-key-file." placeholder:"NAME" xor:"what"`

	JWTHS256File string        `name:"jwt-hs256-file" help:"File with the secret that signs; the same that serve has." placeholder:"FILE" env:"ROLLCALL_JWT_HS256_FILE"`
	TTL          time.Duration `name:"ttl" help:"How long tokens hold." default:"12h"`

	Participants string `help:"With --contest: participants as CSV, added to the contest's." placeholder:"FILE"`
	URL          string `help:"With --contest: address that the links lead to." default:"http://127.0.0.1:8080" env:"ROLLCALL_URL"`

	Name   string   `help:"With --user: shown name."`
	Role   []string `help:"With --user or --api-key: viewer, player, pusher, jury or admin (repeatable)."`
	Board  []string `help:"With --user or --api-key: only this board (repeatable)."`
	Room   []string `help:"With --user or --api-key: only this room (repeatable)."`
	Source string   `help:"With --user or --api-key: only events of this source."`
	Member string   `help:"With --user: the member of boards that this user is."`
}

// Validate is called by the parser.
func (c *tokenCmd) Validate() error {
	switch {
	case c.Contest == "" && c.User == "" && c.APIKey == "":
		return errors.New("one of --contest, --user and --api-key is needed")
	case c.APIKey == "" && c.JWTHS256File == "":
		return errors.New("--jwt-hs256-file is needed to sign")
	case c.APIKey == "" && c.TTL <= 0:
		return errors.New("--ttl must be more than 0")
	case c.Contest == "" && len(c.Role) == 0:
		return errors.New("--role is needed: viewer, player, pusher, jury or admin")
	}
	return nil
}

// Run prints what was asked for.
func (c *tokenCmd) Run(e *env) error {
	if c.APIKey != "" {
		return c.printKey(e)
	}
	secret, err := jwtauth.LoadSecret(c.JWTHS256File)
	if err != nil {
		return fmt.Errorf("--jwt-hs256-file: %w", err)
	}
	if c.Contest != "" {
		return c.printLinks(e, secret)
	}
	token, err := jwtauth.Sign(secret, jwtauth.Claims{
		Subject: c.User, Name: cmp.Or(c.Name, c.User), Roles: c.roles(), Boards: c.Board, Rooms: c.Room,
		Source: c.Source, Member: c.Member, Expires: time.Now().Add(c.TTL),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.stdout, token)
	return err
}

// printKey prints the key on the first line and the file's line on the second.
func (c *tokenCmd) printKey(e *env) error {
	text, hash := jwtauth.NewKey()
	key := jwtauth.Key{Name: c.APIKey, Hash: hash, Roles: c.roles(), Boards: c.Board, Rooms: c.Room, Source: c.Source}
	if err := key.Check(); err != nil {
		return fmt.Errorf("--api-key: %w", err)
	}
	fmt.Fprintln(e.stderr, "The key, which is shown only now, and its line for the --api-key-file:")
	_, err := fmt.Fprintf(e.stdout, "%s\n%s\n", text, key.Line())
	return err
}

// printLinks prints roll number, name and link of each participant, with tabs
// between.
func (c *tokenCmd) printLinks(e *env, secret []byte) error {
	base, err := url.Parse(c.URL)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return fmt.Errorf("--url is %q; it must be an http or https address", c.URL)
	}
	file, err := loadContest(c.Contest, c.Participants)
	if err != nil {
		return err
	}
	if len(file.Participants) == 0 {
		return errors.New("--contest has no participants, and --participants adds none")
	}
	page := strings.TrimSuffix(base.Scheme+"://"+base.Host+base.EscapedPath(), "/") + "/#token="
	expires := time.Now().Add(c.TTL)
	for _, p := range file.Participants {
		token, err := jwtauth.Sign(secret, jwtauth.Claims{
			Subject: p.RollNumber, Name: p.StudentName, Roles: []hub.Role{hub.Player},
			Rooms: []string{file.ID}, Boards: []string{file.ID}, Expires: expires,
		})
		if err != nil {
			return fmt.Errorf("participant %s: %w", p.RollNumber, err)
		}
		if _, err := fmt.Fprintf(e.stdout, "%s\t%s\t%s%s\n", p.RollNumber, p.StudentName, page, token); err != nil {
			return err
		}
	}
	return nil
}

// loadContest reads the contest file and adds the participants of a CSV file,
// if one is named. Errors name the flag.
func loadContest(path, participants string) (*contest.File, error) {
	file, err := contest.Load(path)
	if err != nil {
		return nil, fmt.Errorf("--contest: %w", err)
	}
	if participants == "" {
		return file, nil
	}
	f, err := os.Open(participants)
	if err != nil {
		return nil, fmt.Errorf("--participants: %w", err)
	}
	defer f.Close()
	more, err := contest.ReadParticipantsCSV(f)
	if err == nil {
		err = file.Merge(more)
	}
	if err != nil {
		return nil, fmt.Errorf("--participants: %s: %w", participants, err)
	}
	return file, nil
}

func (c *tokenCmd) roles() []hub.Role {
	roles := make([]hub.Role, len(c.Role))
	for i, r := range c.Role {
		roles[i] = hub.Role(r)
	}
	return roles
}

package natsbus

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/hub"
	"rollcall/wire"
)

func TestPushKnowsWhoIsAsking(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate})
	judge := newBot(t, s, nats.Token(judgeToken))
	grader := newBot(t, s, nats.UserInfo("anything", graderToken))

	for range 3 { // in turns, so that a mixed-up identity would show
		if got := judge.push(t, "finals", "[1]"); got != "judge judge-1 finals [1]" {
			t.Errorf("judge was answered %q", got)
		}
		if got := grader.push(t, "anything", "[2]"); got != "grader  anything [2]" {
			t.Errorf("grader was answered %q", got)
		}
	}
}

func TestHeadersDoNotChangeWhoIsAsking(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate})
	grader := newBot(t, s, nats.Token(graderToken))
	msg := nats.NewMsg(PushPrefix + "finals")
	msg.Header.Set("Authorization", "Bearer "+judgeToken)
	msg.Header.Set("Nats-Request-Info", `{"acc":"bot-0","user":"judge"}`)
	answer, err := grader.RequestMsg(msg, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(answer.Data), "grader ") {
		t.Errorf("answered %q", answer.Data)
	}
}

func TestAckHeaderNamesTheLevelThatIsAskedFor(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate, Push: func(_ context.Context, _ hub.Principal, _ string, asked hub.Asked, _ []byte) []byte {
		return []byte(asked.Ack)
	}})
	bot := newBot(t, s, nats.Token(graderToken))
	for _, level := range []string{"", "replica", "anything"} { // the hub says what it may be
		msg := nats.NewMsg(PushPrefix + "finals")
		if level != "" {
			msg.Header.Set("Rollcall-Ack", level)
		}
		answer, err := bot.RequestMsg(msg, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if string(answer.Data) != level {
			t.Errorf("asked for %q, the hub heard %q", level, answer.Data)
		}
	}
}

func TestConnectionsWithoutAPusherTokenAreRefused(t *testing.T) {
	log, read := newLog()
	s := newServer(t, Config{Authenticate: authenticate, Log: log})
	for name, opts := range map[string][]nats.Option{
		"no token":      nil,
		"empty token":   {nats.Token("")},
		"user only":     {nats.UserInfo(judgeToken, "")},
		"unknown token": {nats.Token("canary-forged")},
		"not a pusher":  {nats.Token(viewerToken)},
		"the hub":       {nats.UserInfo(hubUser, "guess")},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := nats.Connect("nats://"+s.Addr().String(), opts...)
			if err == nil {
				conn.Close()
				t.Fatal("connected")
			}
			if !errors.Is(err, nats.ErrAuthorization) {
				t.Errorf("got %v", err)
			}
		})
	}
	if got := s.Stats().Refused; got != 6 {
		t.Errorf("%d refused connections are counted, want 6", got)
	}
	if strings.Contains(read(), "canary") {
		t.Errorf("the log holds a token:\n%s", read())
	}
	if !strings.Contains(read(), errNotPusher.Error()) {
		t.Errorf("the log does not say why:\n%s", read())
	}
}

func TestConnectionClosesWhenItsTokenExpires(t *testing.T) {
	s := newServer(t, Config{Authenticate: func(string) (hub.Principal, error) {
		return hub.Principal{User: "judge", Roles: []hub.Role{hub.Pusher}, Expires: time.Now().Add(100 * time.Millisecond)}, nil
	}})
	closed := make(chan struct{})
	newBot(t, s, nats.Token("t"), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("still open")
	}
}

func TestBoardsOutsideTheTokenAreDenied(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate})
	judge := newBot(t, s, nats.Token(judgeToken))
	for _, board := range []string{"practice", "finals.x", "*", ">", "x y"} {
		t.Run(board, func(t *testing.T) {
			if err := judge.Publish(PushPrefix+board, []byte("[]")); err != nil {
				return // the library refuses it as a subject
			}
			judge.wantDenied(t)
		})
	}
	if got := s.Stats().Pushes; got != 0 {
		t.Errorf("%d pushes came through", got)
	}
	nobody := newBot(t, s, nats.Token(nobodyToken))
	if err := nobody.Publish(PushPrefix+"finals", []byte("[]")); err != nil {
		t.Fatal(err)
	}
	nobody.wantDenied(t)
}

// The NATS server denies these already; a fault in the permissions must not be
// enough.
func TestTheTokensBoardsAreCheckedAgainByTheHub(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate})
	newBot(t, s, nats.Token(judgeToken)) // tenant 0
	if _, _, fault := s.admit("rollcall.bot.0.finals"); fault != nil {
		t.Errorf("its own board: %v", fault)
	}
	for _, subject := range []string{"rollcall.bot.0.practice", "rollcall.bot.1.finals"} {
		if _, _, fault := s.admit(subject); fault == nil || fault.Code != wire.Forbidden {
			t.Errorf("%s: %v", subject, fault)
		}
	}
}

func TestBadBoardNamesAreRefused(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate})
	grader := newBot(t, s, nats.Token(graderToken))
	for _, board := range []string{"größe", "a{b}", "a:b", strings.Repeat("x", wire.MaxName+1)} {
		wantCode(t, grader.push(t, board, "[]"), wire.BadName)
	}
}

func TestForeignSubjectsAreDenied(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate})
	for _, subject := range []string{"rollcall.bot.0.finals", "rollcall.bus.x", "$SYS.REQ.SERVER.PING", "_INBOX.x", "foo"} {
		t.Run("publish "+subject, func(t *testing.T) {
			b := newBot(t, s, nats.Token(graderToken))
			if err := b.Publish(subject, nil); err != nil {
				t.Fatal(err)
			}
			b.wantDenied(t)
		})
	}
	for _, subject := range []string{">", "*.>", "rollcall.>", PushPrefix + "finals", "rollcall.bot.>", "_R_.>", "$SYS.>", "_INBOX"} {
		t.Run("subscribe "+subject, func(t *testing.T) {
			b := newBot(t, s, nats.Token(graderToken))
			if _, err := b.SubscribeSync(subject); err != nil {
				t.Fatal(err)
			}
			b.wantDenied(t)
		})
	}
}

func TestAnswersReachOnlyTheAsker(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate})
	judge := newBot(t, s, nats.Token(judgeToken))
	spy := newBot(t, s, nats.Token(graderToken))
	overheard, err := spy.SubscribeSync("_INBOX.>")
	if err != nil {
		t.Fatal(err)
	}
	// What spy asks reaches the subscription too: it shows that it works, and
	// comes after whatever was overheard before.
	if err := spy.Flush(); err != nil {
		t.Fatal(err)
	}
	judge.push(t, "finals", "[secret]")
	if err := spy.PublishRequest(PushPrefix+"finals", "_INBOX.own", []byte("[own]")); err != nil {
		t.Fatal(err)
	}
	msg, err := overheard.NextMsg(5 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(msg.Data), "[own]") {
		t.Errorf("overheard %q", msg.Data)
	}
}

func TestKeylessServesLoopback(t *testing.T) {
	s := newServer(t, Config{Keyless: hub.Principal{Keyless: true, Roles: []hub.Role{hub.Admin}, User: "local"}})
	if got := newBot(t, s).push(t, "b", "[]"); got != "local  b []" {
		t.Errorf("answered %q", got)
	}
}

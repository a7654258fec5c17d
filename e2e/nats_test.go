package e2e_test

import (
	"encoding/json"
	"testing"

	"github.com/nats-io/nats.go"

	"rollcall/e2e/harness"
	"rollcall/wire"
)

// A bot with nothing but a NATS library pushes and is answered.
func TestNATSBotPushesAndIsAnswered(t *testing.T) {
	hub := harness.Start(t, "--nats-listen", "127.0.0.1:0")
	c := hub.Dial()
	newBoard(t, c, "b", wire.Rules{})
	bot, err := nats.Connect(hub.NATS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bot.Close)

	body := `[{"member":"alok","op":"incr","score":10,"source":"judge-1","seq":1},{"member":"asha","op":"nonsense","source":"judge-1","seq":2}]`
	res := request(t, bot, "rollcall.v1.push.b", body)
	if len(res.Results) != 2 || res.Results[0].Status != wire.Applied || *res.Results[0].Score != 10 {
		t.Errorf("%+v", res)
	} else if no := res.Results[1].Error; no == nil || no.Code != wire.BadOp || no.Field != "op" {
		t.Errorf("%+v, want bad_op", res.Results[1])
	}
	again := request(t, bot, "rollcall.v1.push.b", body)
	if len(again.Results) != 2 || again.Results[0].Status != wire.Duplicate {
		t.Errorf("sent again: %+v", again)
	}
	page := readBoard(t, c.API, "b")
	if len(page.Entries) != 1 || page.Entries[0].Member != "alok" || page.Entries[0].Score != 10 {
		t.Errorf("%+v", page.Entries)
	}

	hub.Kill()
	hub.Restart()
	bot2, err := nats.Connect(hub.NATS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bot2.Close)
	if after := request(t, bot2, "rollcall.v1.push.b", body); len(after.Results) != 2 || after.Results[0].Status != wire.Duplicate {
		t.Errorf("sent again after kill -9: %+v", after)
	}
}

func TestNATSBotIsToldWhatIsWrong(t *testing.T) {
	hub := harness.Start(t, "--nats-listen", "127.0.0.1:0")
	bot, err := nats.Connect(hub.NATS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bot.Close)
	msg, err := bot.RequestWithContext(bounded(t), "rollcall.v1.push.b", []byte(`{"member"`))
	if err != nil {
		t.Fatal(err)
	}
	var f wire.Failure
	if err := json.Unmarshal(msg.Data, &f); err != nil || f.Error == nil || f.Error.Code != wire.BadJSON {
		t.Errorf("%s, want bad_json", msg.Data)
	}
}

func request(t *testing.T, bot *nats.Conn, subject, body string) (res wire.Results) {
	t.Helper()
	msg, err := bot.RequestWithContext(bounded(t), subject, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(msg.Data, &res); err != nil {
		t.Fatalf("%v in %s", err, msg.Data)
	}
	return res
}

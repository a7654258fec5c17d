package e2e_test

import (
	"strings"
	"testing"

	"rollcall/e2e/harness"
)

func TestReplayEndsInTheFinalScoreboard(t *testing.T) {
	feeds := append(harness.WholeFeeds(t), harness.Fixture(t))
	hub := harness.Start(t)
	api := hub.Dial().API
	for i, f := range feeds {
		board := f.Name + "-" + string(rune('a'+i))
		p := harness.Run(t, "replay", "clics", f.Path, "--board", board, "--speed", "0", "--url", hub.URL)
		if code := p.Exit(); code != 0 {
			t.Fatalf("replay of %s: exit code %d", f.Name, code)
		}
		f.WantFinal(t, readBoard(t, api, board))
		lines := strings.Split(strings.TrimSpace(p.Stderr()), "\n")
		t.Log(lines[len(lines)-1])
	}
}

func TestReplayAgainPushesNothing(t *testing.T) {
	f := harness.Fixture(t)
	hub := harness.Start(t)
	api := hub.Dial().API
	replay := func() *harness.Process {
		p := harness.Run(t, "replay", "clics", f.Path, "--board", "final", "--speed", "0", "--url", hub.URL)
		if code := p.Exit(); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		return p
	}
	replay()
	before := readBoard(t, api, "final")
	again := replay()
	if after := readBoard(t, api, "final"); after.Version != before.Version {
		t.Errorf("version %d became %d", before.Version, after.Version)
	}
	if !strings.Contains(again.Stderr(), "done: 0 events") {
		t.Error(again.Stderr())
	}
}

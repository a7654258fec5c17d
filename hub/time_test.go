package hub_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub"
	"rollcall/wire"
)

func TestServerPingsEveryFifteenSecondsGiveOrTakeAFifth(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		s := n.hello("ann")
		began := time.Now()
		s.background()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if len(s.pings) < 33 || len(s.pings) > 50 {
			t.Errorf("%d pings in ten minutes", len(s.pings))
		}
		spread := map[time.Duration]bool{}
		for i, at := range s.pings {
			gap := at.Sub(began)
			if began = at; gap < 12*time.Second || gap > 18*time.Second {
				t.Errorf("ping %d after %v, want 15 s ± 20 %%", i, gap)
			}
			spread[gap] = true
		}
		if len(spread) < 2 {
			t.Error("all pings have the same distance: sessions would beat in step")
		}
	})
}

func TestSilenceEndsASessionAfterTwentyThreeSeconds(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		s := n.hello("ann")
		s.answers = false
		last := time.Now()
		ended := s.background()
		<-ended
		if took := time.Since(last); took != 23*time.Second {
			t.Errorf("ended after %v of silence, want 23 s", took)
		}
	})
}

func TestAnyFrameIsAHeartbeat(t *testing.T) {
	bubble(t, hub.Config{}, func(n *bubbleNode) {
		for name, beat := range map[string]func(*bubbleSession) error{
			"message": func(s *bubbleSession) error {
				return s.ws.WriteMessage(websocket.TextMessage, []byte(`{"id":1,"op":"ping"}`))
			},
			"bad message": func(s *bubbleSession) error { return s.ws.WriteMessage(websocket.TextMessage, []byte(`{`)) },
			"ping":        func(s *bubbleSession) error { return s.ws.WriteControl(websocket.PingMessage, nil, time.Time{}) },
			"pong":        func(s *bubbleSession) error { return s.ws.WriteControl(websocket.PongMessage, nil, time.Time{}) },
		} {
			s := n.hello("ann")
			s.answers = false
			ended := s.background()
			for range 5 {
				time.Sleep(22 * time.Second)
				if err := beat(s); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			synctest.Wait()
			select {
			case err := <-ended:
				t.Errorf("%s: ended with %v though it beat every 22 s", name, err)
			default:
			}
			last := time.Now()
			<-ended
			if took := time.Since(last); took != 23*time.Second {
				t.Errorf("%s: ended %v after the last beat", name, took)
			}
		}
	})
}

func TestHelloIsDueFiveSecondsAfterConnecting(t *testing.T) {
	for name, bother := range map[string]string{"silent": "", "pinging": "ping", "talking": `{"id":1,"op":"ping"}`} {
		t.Run(name, func(t *testing.T) {
			bubble(t, hub.Config{Auth: roleTokens}, func(n *bubbleNode) {
				began := time.Now()
				s := n.dial(nil)
				ended := s.background()
				for {
					select {
					case err := <-ended:
						if !websocket.IsCloseError(err, wire.CloseAuthTimeout) {
							t.Errorf("ended with %v", err)
						}
						if took := time.Since(began); took != 5*time.Second {
							t.Errorf("ended after %v, want 5 s", took)
						}
						return
					case <-time.After(900 * time.Millisecond):
					}
					switch {
					case time.Since(began) > time.Minute:
						t.Fatal("a session without hello is kept")
					case bother == "ping":
						_ = s.ws.WriteControl(websocket.PingMessage, nil, time.Time{})
					case bother != "":
						_ = s.ws.WriteMessage(websocket.TextMessage, []byte(bother))
					}
				}
			})
		})
	}
}

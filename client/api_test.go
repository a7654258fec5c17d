package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"rollcall/wire"
)

func TestRequestsOfTheAPI(t *testing.T) {
	ctx := t.Context()
	call := func(_ any, err error) error { return err }
	tests := []struct {
		want string // method, path, body
		do   func(a *API) error
	}{
		{"GET /v1/boards ", func(a *API) error { return call(a.Boards(ctx)) }},
		{"GET /v1/boards/finals ", func(a *API) error { return call(a.Board(ctx, "finals", BoardQuery{})) }},
		{"GET /v1/boards/finals?audience=live&limit=10&min_version=7&offset=20&scheme=dense&wait_ms=1500 ", func(a *API) error {
			return call(a.Board(ctx, "finals", BoardQuery{Offset: 20, Limit: 10, Scheme: wire.SchemeDense, Audience: wire.AudienceLive, MinVersion: 7, Wait: 1500e6}))
		}},
		{`PUT /v1/boards/finals {"order":"asc","tie":"none","scheme":"dense"}`, func(a *API) error {
			return call(a.PutBoard(ctx, "finals", wire.Rules{Order: "asc", Tie: "none", Scheme: "dense"}))
		}},
		{"DELETE /v1/boards/finals ", func(a *API) error { return a.DeleteBoard(ctx, "finals") }},
		{"GET /v1/boards/finals/members/a%2Fb%20c?around=5 ", func(a *API) error { return call(a.Member(ctx, "finals", "a/b c", 5)) }},
		{"GET /v1/boards/finals/sources/judge-1 ", func(a *API) error { return call(a.SourceState(ctx, "finals", "judge-1")) }},
		{"POST /v1/boards/finals/sources/judge-1/claim ", func(a *API) error { return call(a.Claim(ctx, "finals", "judge-1")) }},
		{"GET /v1/rooms/hall/presence?after=ann&limit=3 ", func(a *API) error { return call(a.Presence(ctx, "hall", "ann", 3)) }},
		{"GET /v1/rooms/hall/count ", func(a *API) error { return call(a.RoomCount(ctx, "hall")) }},
		{"GET /v1/users/ann ", func(a *API) error { return call(a.User(ctx, "ann")) }},
		{"GET /v1/contest ", func(a *API) error { return call(a.Contest(ctx)) }},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			var got, auth, kind string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, body)
				auth, kind = r.Header.Get("Authorization"), r.Header.Get("Content-Type")
				_, _ = w.Write([]byte("{}"))
			}))
			defer srv.Close()
			a, err := NewAPI(srv.URL, Token("secret"), HTTPClient(srv.Client()))
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.do(a); err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("asked %q", got)
			}
			if auth != "Bearer secret" {
				t.Errorf("authorization is %q", auth)
			}
			if write := got[:3] != "GET"; write != (kind == "application/json") {
				t.Errorf("content type is %q", kind)
			}
		})
	}
}

func TestErrorsOfTheAPI(t *testing.T) {
	status, body := 0, ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer srv.Close()
	a, err := NewAPI(srv.URL, HTTPClient(srv.Client()))
	if err != nil {
		t.Fatal(err)
	}
	status, body = 404, `{"error":{"code":"unknown_board","message":"no such board"}}`
	_, err = a.Board(t.Context(), "finals", BoardQuery{})
	wantCode(t, err, wire.UnknownBoard)
	for _, b := range []string{"<html>Bad Gateway", "", "{}", "null"} {
		status, body = 502, b
		if _, err := a.Board(t.Context(), "finals", BoardQuery{}); err == nil {
			t.Errorf("status 502 with body %q is no error", b)
		}
	}
	status, body = 200, "<html>Welcome"
	if _, err := a.Board(t.Context(), "finals", BoardQuery{}); err == nil {
		t.Error("a page of HTML passed as a board")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Boards(ctx); err == nil {
		t.Error("an ended context was ignored")
	}
}

func TestAddressForms(t *testing.T) {
	for in, want := range map[string]string{
		"http://hub":             "http://hub",
		"ws://hub:8080/ws":       "http://hub:8080",
		"wss://hub/live/":        "https://hub/live",
		"https://hub/live/ws?x#": "https://hub/live",
		"hub:8080":               "",
		"http://":                "",
		"://":                    "",
	} {
		a, err := NewAPI(in)
		switch {
		case err != nil && want != "":
			t.Errorf("%s: %v", in, err)
		case err == nil && a.base.String() != want:
			t.Errorf("%s became %s, want %q", in, a.base, want)
		}
	}
}

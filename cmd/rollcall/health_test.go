package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthFailsUnlessTheAnswerIsOK(t *testing.T) {
	status := http.StatusOK
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	if got := start(t, "health", hub.URL+"/readyz"); got.code != exitOK || got.stderr != "" {
		t.Errorf("200: %+v", got)
	}
	status = http.StatusServiceUnavailable
	if got := start(t, "health", hub.URL+"/readyz"); got.code != exitFailed || !strings.Contains(got.stderr, "503") {
		t.Errorf("503: %+v", got)
	}
	hub.Close()
	if got := start(t, "health", hub.URL+"/readyz"); got.code != exitFailed || !strings.Contains(got.stderr, "refused") {
		t.Errorf("nobody there: %+v", got)
	}
}

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rollcall/wire"
)

// readLimit bounds one frame or body from the server: 1,000 rows with every
// cell full are 9 MiB.
const readLimit = 16 << 20

// API is the HTTP half of a Client. It can be used alone, where no connection
// is to be kept. Every error the hub answers is a *wire.Error (errors.As).
type API struct {
	base  *url.URL // http or https, without a slash at the end
	token string
	http  *http.Client
	own   bool // http is ours to close
}

// NewAPI makes an API for the hub at an http(s):// or ws(s):// address; a path
// is kept as a prefix. It does not connect.
func NewAPI(rawURL string, opts ...Option) (*API, error) {
	return newAPI(rawURL, newConfig(opts))
}

func newAPI(rawURL string, cfg config) (*API, error) {
	base, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("hub address: %w", err)
	}
	switch base.Scheme {
	case "http", "https":
	case "ws":
		base.Scheme = "http"
	case "wss":
		base.Scheme = "https"
	default:
		return nil, fmt.Errorf("hub address %q: must start with http://, https://, ws:// or wss://", rawURL)
	}
	if base.Host == "" {
		return nil, fmt.Errorf("hub address %q: has no host", rawURL)
	}
	base.Path = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/"), "/ws")
	base.RawPath, base.RawQuery, base.Fragment = "", "", ""
	a := &API{base: base, token: cfg.token, http: cfg.http}
	if a.http == nil {
		a.own = true
		a.http = &http.Client{
			Transport: http.DefaultTransport.(*http.Transport).Clone(),
			Timeout:   30 * time.Second,
		}
	}
	return a, nil
}

// do makes one request and decodes the answer into ok. A non-nil body is sent
// as JSON; a write without one still says so in its content type.
func (a *API) do(ctx context.Context, method, path string, query url.Values, body, ok any) error {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		send = bytes.NewReader(text)
	}
	target := a.base.String() + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, send)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return err // names the method and the address
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, readLimit))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %w", method, path, failure(resp.StatusCode, text))
	}
	if ok == nil {
		return nil
	}
	if err := json.Unmarshal(text, ok); err != nil {
		return fmt.Errorf("%s %s: answer: %w", method, path, err)
	}
	return nil
}

// failure reads the error of an answer that is not 2xx. What stands between us
// and the hub may answer in words of its own.
func failure(status int, body []byte) error {
	var f wire.Failure
	if json.Unmarshal(body, &f) == nil && f.Error != nil && f.Error.Code != "" {
		return f.Error
	}
	return fmt.Errorf("answered with status %d %s", status, http.StatusText(status))
}

// path joins segments into an escaped path.
func path(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

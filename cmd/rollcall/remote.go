package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"rollcall/client"
)

// remote says which hub a verb talks to, and as whom.
type remote struct {
	URL       string `help:"Address of the hub." default:"http://127.0.0.1:8080" env:"ROLLCALL_URL"`
	TokenFile string `help:"File with the token or API key." type:"path" env:"ROLLCALL_TOKEN_FILE"`
}

func (r *remote) dial(ctx context.Context, opts ...client.Option) (*client.Client, error) {
	if r.TokenFile != "" {
		raw, err := os.ReadFile(r.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		opts = append(opts, client.Token(strings.TrimSpace(string(raw))))
	}
	c, err := client.Dial(ctx, r.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", r.URL, err)
	}
	return c, nil
}

package main

import (
	"fmt"
	"net/http"
	"time"
)

// healthCmd asks an address once: what an image without a shell needs for its
// health check.
type healthCmd struct {
	URL     string        `arg:"" optional:"" help:"Address to ask." default:"http://127.0.0.1:8080/readyz"`
	Timeout time.Duration `help:"How long to wait for the answer." default:"2s"`
}

// Run fails unless the answer is 200 OK.
func (c *healthCmd) Run(e *env) error {
	req, err := http.NewRequestWithContext(e.ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: c.Timeout}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", c.URL, res.Status)
	}
	return nil
}

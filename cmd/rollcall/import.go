package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"rollcall/leaderboard/boardfile"
	"rollcall/wire"
)

// importCmd makes a board of a json export.
type importCmd struct {
	remote
	File  string `arg:"" help:"Archive that export --format json wrote; - is standard input."`
	Board string `help:"Name of the board; default as in the archive." placeholder:"NAME"`
}

// Run imports. It needs a token of the role admin, or pusher of that board.
func (c *importCmd) Run(e *env) error {
	a, err := c.audit()
	if err != nil {
		return err
	}
	in, size := e.stdin, int64(0)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		size = info.Size()
		if c.Board == "" {
			file, err := boardfile.Read(f)
			if err != nil {
				return fmt.Errorf("%s: %w", c.File, err)
			}
			c.Board = file.Board
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
		in = f
	}
	if c.Board == "" {
		return errors.New("--board: must be given when the archive names no board, or comes from standard input")
	}
	sent := &metered{Reader: in, bar: newProgress(e.stderr, "importing bytes", int(size))}
	body, err := a.call(e.ctx, http.MethodPut, c.Board, "archive", nil, sent)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	var info wire.BoardInfo
	if err := json.NewDecoder(body).Decode(&info); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	fmt.Fprintf(e.stdout, "board %s: %d members at version %d, epoch %s\n", info.Board, info.Total, info.Version, info.Epoch)
	return nil
}

// metered shows how much of a long body has been sent.
type metered struct {
	io.Reader
	bar *progress
	n   int
}

// meterFrom is how many bytes make it long enough to tell how far it is.
const meterFrom = 10 << 20

// Read implements io.Reader.
func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if m.n += n; m.bar.total > meterFrom {
		m.bar.show(m.n)
		if err != nil {
			m.bar.end(m.n)
		}
	}
	return n, err
}

package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"rollcall/client"
	"rollcall/wire"
)

// watchCmd shows live standings in the terminal.
type watchCmd struct {
	remote
	Board    string `arg:"" help:"Board to watch."`
	N        int    `help:"Rows to show." default:"20" short:"n"`
	Scheme   string `help:"competition, dense or ordinal; default the board's."`
	Audience string `help:"public or live." default:"public"`
	Once     bool   `help:"Print the standings once and end."`
}

// Run draws the table anew at each change, until Ctrl-C. When the output is no
// terminal it prints one table after the other.
func (c *watchCmd) Run(e *env) error {
	cl, err := c.dial(e.ctx)
	if err != nil {
		return err
	}
	defer func() { _ = cl.Close() }()
	f, isFile := e.stdout.(*os.File)
	screen := isFile && term.IsTerminal(int(f.Fd())) && !c.Once
	opts := client.BoardOptions{N: c.N, Scheme: c.Scheme, Audience: c.Audience}
	for state, err := range cl.WatchBoard(e.ctx, c.Board, opts) {
		if err != nil {
			return err
		}
		var out strings.Builder
		if screen {
			out.WriteString("\x1b[H\x1b[2J")
		}
		drawBoard(&out, state)
		if _, err := io.WriteString(e.stdout, out.String()); err != nil {
			return err
		}
		if c.Once {
			return nil
		}
	}
	return nil
}

func drawBoard(w io.Writer, s client.BoardState) {
	title, state := s.Rules.Title, "live"
	if title == "" {
		title = s.Board
	}
	if !s.Connected {
		state = "connection lost, reconnecting"
	}
	fmt.Fprintf(w, "%s · version %d · %d members · %s\n\n", title, s.Version, s.Total, state)
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprint(tw, "RANK\tMEMBER\tNAME\tGROUP\tSCORE")
	for _, col := range s.Rules.Columns {
		fmt.Fprintf(tw, "\t%s", head(col))
	}
	fmt.Fprintln(tw)
	for _, row := range s.Entries {
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s", row.Rank, row.Member, row.Name, row.Group, strconv.FormatFloat(row.Score, 'f', -1, 64))
		for _, col := range s.Rules.Columns {
			fmt.Fprintf(tw, "\t%s", cellText(row.Cells[col.ID]))
		}
		fmt.Fprintln(tw)
	}
	_ = tw.Flush() // a strings.Builder takes everything
}

func head(c wire.Column) string {
	if c.Label != "" {
		return c.Label
	}
	return c.ID
}

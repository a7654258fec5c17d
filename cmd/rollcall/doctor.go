package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/leaderboard"
)

// doctorCmd says what a deployment survives and what should be changed. It
// starts no server and changes nothing.
type doctorCmd struct {
	Redis string `help:"Redis, as for serve." placeholder:"URL" env:"ROLLCALL_REDIS"`
	NATS  string `name:"nats" help:"NATS, as for serve." placeholder:"URL" env:"ROLLCALL_NATS"`
	Data  string `help:"Data directory, as for serve; not used with --redis." default:"./rollcall-data" placeholder:"DIR" env:"ROLLCALL_DATA"`
	Ack   string `help:"As for serve: the least that an ack shall mean." placeholder:"LEVEL" enum:",memory,disk,replica,both" default:"" env:"ROLLCALL_ACK"`

	AckReplicas int  `help:"As for serve." default:"1" env:"ROLLCALL_ACK_REPLICAS"`
	JSON        bool `name:"json" help:"Print JSON."`
}

// doctorWait bounds the whole examination.
const doctorWait = 15 * time.Second

// verdict is one line of the doctor's.
type verdict struct {
	Kind   kind   `json:"kind"`
	What   string `json:"what"`             // the fault, or what is asked for
	Result string `json:"result"`           // what becomes of it
	Change string `json:"change,omitempty"` // the setting
}

// kind is how much a verdict matters.
type kind string

const (
	survives kind = "survives"
	loses    kind = "loses" // may be what was wanted
	danger   kind = "danger"
)

// examination gathers verdicts.
type examination struct {
	Verdicts []verdict
	ack      leaderboard.Level // what is asked for; "" = nothing more than memory
	replicas int               // that are asked for
}

func (x *examination) add(k kind, what, result, change string) {
	x.Verdicts = append(x.Verdicts, verdict{k, what, result, change})
}

// Run fails if something is dangerous.
func (c *doctorCmd) Run(e *env) error {
	ctx, cancel := context.WithTimeout(e.ctx, doctorWait)
	defer cancel()
	if c.AckReplicas < 1 {
		return fmt.Errorf("--ack-replicas: is %d; it must be at least 1", c.AckReplicas)
	}
	x := examination{ack: leaderboard.Level(c.Ack), replicas: c.AckReplicas}
	switch {
	case c.Redis != "":
		x.add(survives, "crash of a node", "its sessions come back on others; nothing is on it alone", "")
		x.redis(ctx, c.Redis)
		x.nats(c.NATS)
	case c.NATS != "":
		return errors.New("--nats: needs --redis")
	default:
		x.data(c.Data)
	}
	if e.ctx.Err() != nil {
		return e.ctx.Err()
	}
	if c.JSON {
		if err := json.NewEncoder(e.stdout).Encode(x.Verdicts); err != nil {
			return err
		}
	} else {
		x.print(e.stdout)
	}
	dangers := 0
	for _, v := range x.Verdicts {
		if v.Kind == danger {
			dangers++
		}
	}
	if dangers > 0 {
		return fmt.Errorf("dangerous: %d", dangers)
	}
	return nil
}

func (x *examination) print(w io.Writer) {
	for _, v := range x.Verdicts {
		fmt.Fprintf(w, "%-9s %s: %s\n", v.Kind, v.What, v.Result)
		if v.Change != "" {
			fmt.Fprintf(w, "%-9s %s\n", "", "→ "+v.Change)
		}
	}
}

// nats asks each server whether it is there.
func (x *examination) nats(urls string) {
	if urls == "" {
		x.add(danger, "NATS", "--nats is not given; serve wants it with --redis", "--nats nats://HOST:PORT,…")
		return
	}
	if err := checkNATS(urls); err != nil {
		x.add(danger, "NATS", err.Error(), "--nats")
		return
	}
	there := 0
	all := strings.Split(urls, ",")
	for i, url := range all {
		conn, err := nats.Connect(url, nats.Timeout(2*time.Second), nats.NoReconnect(), nats.Name("rollcall doctor"))
		if err != nil {
			x.add(loses, fmt.Sprintf("NATS server %d of %d", i+1, len(all)), "does not answer: "+err.Error(), "")
			continue
		}
		conn.Close()
		there++
	}
	switch {
	case there == 0:
		x.add(danger, "NATS", "no server answers", "--nats")
	case len(all) == 1:
		x.add(survives, "NATS away", "boards are looked at each second, rooms each 10 s; nothing is lost", "three NATS servers keep changes quick when one goes")
	default:
		x.add(survives, "NATS away", fmt.Sprintf("%d of %d servers answer; without any, boards are looked at each second, rooms each 10 s; nothing is lost", there, len(all)), "")
	}
}

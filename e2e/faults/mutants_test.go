package faults_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/e2e/harness"
	"rollcall/wire"
)

var flagMutants = flag.String("mutants", "", "all, or the name of one; \"\" = the cheap ones")

// mutant is a system that is wrong on purpose, and who must notice.
type mutant struct {
	name   string
	cheap  bool // part of `make test`
	edits  []harness.Edit
	plan   plan
	flags  []string
	judges []string // one of them must complain
}

const (
	identity   = "leaderboard/apply_identity.go"
	applyWrite = "leaderboard/redisboard/scripts/apply_write.lua"
)

var mutants = []mutant{
	{
		name: "dedup off, embedded", cheap: true,
		edits:  []harness.Edit{{File: identity, Old: "\tcase e.Seq <= last:\n\t\treturn src.refusal(e.Seq), true\n", New: ""}},
		plan:   plan{topology: embedded, length: 5 * time.Second, steps: steps("client-drop", 3, 1000*ms)},
		judges: []string{"ledger"},
	},
	{
		name:   "dedup off, Redis",
		edits:  []harness.Edit{{File: applyWrite, Old: "isNext, isOld = seq == last + 1, seq <= last\n", New: "isNext, isOld = seq <= last + 1, false\n"}},
		plan:   plan{topology: single, length: 6 * time.Second, steps: steps("redis-drop", 3, 1000*ms)},
		judges: []string{"ledger"},
	},
	{
		name:   "ids forgotten, Redis",
		edits:  []harness.Edit{{File: "leaderboard/redisboard/scripts/apply_identity.lua", Old: "if used and (ids[id] or", New: "if used and (false and"}},
		plan:   plan{topology: single, length: 6 * time.Second, steps: steps("client-drop", 3, 1000*ms)},
		judges: []string{"ledger"},
	},
	{
		name:   "high-water dedup, embedded",
		edits:  []harness.Edit{{File: identity, Old: "\tcase e.Seq > last+1:\n\t\treturn RefuseGap(last + 1), false\n", New: ""}},
		plan:   plan{topology: embedded, length: 3 * time.Second},
		judges: []string{"ledger"},
	},
	{
		name:   "high-water dedup, Redis",
		edits:  []harness.Edit{{File: applyWrite, Old: "isNext, isOld = seq == last + 1, seq <= last\n", New: "isNext, isOld = seq > last, seq <= last\n"}},
		plan:   plan{topology: single, length: 3 * time.Second},
		judges: []string{"ledger"},
	},
	{
		name: "publish before apply",
		edits: []harness.Edit{
			{File: "hub/apply.go", Old: "\tout, err := h.boards.Apply(", New: "\th.publishEarly(board, batch)\n\tout, err := h.boards.Apply("},
			{File: "hub/apply.go", Old: "// tell tells what", New: publishEarly + "\n// tell tells what"},
		},
		plan:   plan{topology: single, length: 4 * time.Second},
		judges: []string{"frames"},
	},
	{
		name: "ack before fsync",
		edits: []harness.Edit{
			{File: "leaderboard/pebbleboard/commit.go", Old: "\tcase <-c.durable:\n\t\treturn nil\n", New: "\tcase <-c.durable:\n\t\treturn nil\n\tdefault:\n\t\treturn nil\n"},
			// A disk that takes a while, so that a kill comes between.
			{File: "leaderboard/pebbleboard/commit.go", Old: "\t\tif err := s.writeGroup(group); err != nil {", New: "\t\ttime.Sleep(30 * time.Millisecond)\n\t\tif err := s.writeGroup(group); err != nil {"},
			{File: "leaderboard/pebbleboard/commit.go", Old: "\t\"sync\"\n", New: "\t\"sync\"\n\t\"time\"\n"},
		},
		plan:   plan{topology: embedded, length: 6 * time.Second, steps: steps("node-kill", 4, 100*ms)},
		judges: []string{"ledger", "frames", "sdk"},
	},
	{
		name: "WAIT on another connection",
		edits: []harness.Edit{
			{File: "leaderboard/redisboard/proof.go", Old: "\t\t_ = pipe.Process(ctx, held)\n", New: ""},
			{
				File: "leaderboard/redisboard/proof.go", Old: "\t_, _ = pipe.Exec(ctx) // each answer has its own error\n",
				New: "\t_, _ = pipe.Exec(ctx)\n\tif held != nil {\n\t\t_ = s.clients.Write.Process(ctx, held)\n\t}\n",
			},
		},
		plan:   plan{topology: sentinel, ack: wire.AckReplica, length: 6 * time.Second, steps: steps("failover-hole", 1, 1500*ms)},
		judges: []string{"ledger", "sdk"},
	},
	{
		name:   "sweep without guard",
		edits:  []harness.Edit{{File: "presence/redisroster/scripts/sweep.lua", Old: "if last < 0 or now < last or now - last > gap then settle = now + threshold end", New: ""}},
		plan:   plan{topology: single, length: 14 * time.Second, steps: []step{{at: 8 * time.Second, fault: "redis-stop", lasts: 5 * time.Second}}},
		judges: []string{"presence"},
	},
}

// steps are so many times one fault, with room between.
func steps(fault string, n int, lasts time.Duration) (all []step) {
	for i := range n {
		all = append(all, step{at: time.Second + time.Duration(i)*(lasts+500*ms), fault: fault, lasts: lasts})
	}
	return all
}

// publishEarly tells other nodes what a batch of increments will have done.
const publishEarly = `
func (h *Hub) publishEarly(board string, batch []leaderboard.Event) {
	f := h.feeds.get(board)
	f.mu.Lock()
	rep := f.rep
	f.mu.Unlock()
	if rep == nil {
		return
	}
	rep.Read(func(r *leaderboard.Reader) {
		head := r.Head()
		d := leaderboard.Delta{Epoch: head.Epoch, From: head.Version, To: head.Version, PrevChain: head.Chain, Chain: "00000000000000000000000000000000"}
		for _, e := range batch {
			if e.Op != leaderboard.Incr || e.Refused != nil {
				continue
			}
			row, _ := r.Get(e.Member, "")
			row.Entry.Member, row.Entry.Score, row.Entry.Tie = e.Member, row.Entry.Score+e.Score, int64(d.To+1)
			d.To++
			d.Rows = append(d.Rows, leaderboard.Row{Entry: row.Entry})
			break
		}
		if d.To > d.From {
			h.bus.PublishDelta(board, d)
		}
	})
}
`

// TestMutantsAreCaught: the checker sees what it is for. A mutant whose source
// has changed so that its text is not found fails too: write it anew.
func TestMutantsAreCaught(t *testing.T) {
	for _, m := range mutants {
		if *flagMutants == "" && !m.cheap || !strings.Contains("|all|"+m.name, "|"+*flagMutants) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			if *flagMutants != "" { // the system as it is bears the same
				for _, c := range newWorld(t, m.plan, "", m.flags...).run().complaints {
					t.Errorf("without the mutant: %s: %s", c.judge, c.text)
				}
			}
			begin := time.Now()
			binary := harness.Mutant(t, m.edits...)
			built := time.Since(begin)
			w := newWorld(t, m.plan, binary, m.flags...)
			w.bound = 5 * time.Second
			r := w.run()
			var all []string
			for _, c := range r.complaints {
				all = append(all, c.judge)
				t.Logf("%s: %.400s", c.judge, c.text)
			}
			caught := slices.ContainsFunc(r.complaints, func(c complaint) bool { return slices.Contains(m.judges, c.judge) })
			slices.Sort(all)
			fmt.Fprintf(os.Stdout, "mutant %q: caught %v, by %v (built in %v, run in %v)\n", m.name, caught, slices.Compact(all), built.Round(100*ms), (time.Since(begin) - built).Round(100*ms))
			if !caught {
				t.Errorf("not caught by %v; %+v", m.judges, r.sums)
			}
		})
	}
}

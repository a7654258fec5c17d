package faults_test

import (
	"fmt"
	"sync"
	"time"
)

// complain notes what must not be.
func (w *world) complain(judge, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.complaints = append(w.complaints, complaint{judge, fmt.Sprintf(format, args...)})
}

// disturb notes that a node's clients, or its way to the store, suffer until
// the func it returns is called.
func (w *world) disturb(n *node) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := len(w.disturbed)
	w.disturbed = append(w.disturbed, disturbance{node: n.index, begin: time.Now()})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.disturbed[i].end = time.Now()
	}
}

// breakThings takes the steps of the plan, and returns when all is healed.
func (w *world) breakThings() {
	var steps sync.WaitGroup
	for _, s := range w.plan.steps {
		time.Sleep(time.Until(w.began.Add(s.at)))
		steps.Go(func() { w.take(s) })
	}
	steps.Wait()
	time.Sleep(time.Until(w.began.Add(w.plan.length)))
}

func (w *world) take(s step) {
	f := faultNamed(s.fault)
	w.parts[f.part].Lock()
	defer w.parts[f.part].Unlock()
	d := doneStep{step: s, began: time.Now()}
	d.back = f.do(w, s.target, s.lasts)
	d.healed = time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, d)
}

// result is what a run came to.
type result struct {
	plan       plan
	complaints []complaint
	done       []doneStep
	sums       sums
	took       time.Duration // from healing until everything was right
}

// run does all of it: load, the faults of the plan, healing, judgement.
func (w *world) run() result { return w.runWith(w.breakThings) }

// runWith is run with other faults than the plan's.
func (w *world) runWith(breakThings func()) result {
	w.t.Helper()
	stop := w.load()
	breakThings()
	healed := time.Now()
	stop()
	settled := time.Now()
	w.judge(healed)
	w.mu.Lock()
	defer w.mu.Unlock()
	return result{plan: w.plan, complaints: w.complaints, done: w.done, sums: w.sumsLocked(), took: settled.Sub(healed)}
}

// mayForget reports whether the store may have forgotten what it acknowledged.
func (w *world) mayForget() bool {
	return w.plan.has(func(f *fault) bool { return f.forgets })
}

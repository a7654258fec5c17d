package natsbus

import (
	"sync"

	"github.com/nats-io/nats.go"

	"rollcall/wire"
)

// job is one request that waits or runs.
type job struct {
	tenant *tenant
	board  string
	msg    *nats.Msg
}

type lane struct {
	tenant *tenant
	board  string
}

// lanes runs jobs: those of one lane in order, one at a time; lanes side by
// side. A lane has a goroutine only while it has jobs.
type lanes struct {
	run func(job) // static

	maxJobs, maxBytes, maxLane int // static

	mu      sync.Mutex
	closed  bool
	jobs    int            // waiting or running, of all lanes
	bytes   int            // their bodies
	waiting map[lane][]job // a key is there while its worker runs; its first job is the running one

	workers sync.WaitGroup
}

func newLanes(cfg Config, run func(job)) *lanes {
	return &lanes{
		run:      run,
		maxJobs:  cfg.MaxPending,
		maxBytes: cfg.MaxPendingBytes,
		maxLane:  cfg.MaxPendingPerBoard,
		waiting:  map[lane][]job{},
	}
}

// put queues the job, or says why it cannot be taken now: busy or unavailable.
func (l *lanes) put(j job) *wire.Error {
	key := lane{j.tenant, j.board}
	l.mu.Lock()
	defer l.mu.Unlock()
	queue, working := l.waiting[key]
	switch {
	case l.closed:
		return &wire.Error{Code: wire.Unavailable, Message: "the node is going down", RetryAfterMS: retryMS}
	case len(queue) >= l.maxLane:
		return &wire.Error{Code: wire.Busy, Message: "too many requests of yours wait for this board", RetryAfterMS: retryMS}
	case l.jobs >= l.maxJobs || l.bytes+len(j.msg.Data) > l.maxBytes:
		return &wire.Error{Code: wire.Busy, Message: "too many requests wait on this node", RetryAfterMS: retryMS}
	}
	l.jobs++
	l.bytes += len(j.msg.Data)
	l.waiting[key] = append(queue, j)
	if !working {
		l.workers.Go(func() { l.work(key) })
	}
	return nil
}

// work runs the lane's jobs until none is left.
func (l *lanes) work(key lane) {
	for {
		l.mu.Lock()
		j := l.waiting[key][0]
		l.mu.Unlock()
		l.run(j)
		if l.done(key, j) {
			return
		}
	}
}

// done drops the lane's first job and reports whether it was the last.
func (l *lanes) done(key lane, j job) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs--
	l.bytes -= len(j.msg.Data)
	rest := l.waiting[key][1:]
	if len(rest) == 0 {
		delete(l.waiting, key)
		return true
	}
	l.waiting[key] = rest
	return false
}

// pending is the number of jobs that wait or run.
func (l *lanes) pending() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.jobs
}

// close refuses new jobs and waits for those taken.
func (l *lanes) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.workers.Wait()
}

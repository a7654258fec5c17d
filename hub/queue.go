package hub

import (
	"context"
	"sync"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// emptyWait is how long a node that stops goes on emptying its lines: their
// senders send again what is left then.
const emptyWait = 5 * time.Second

// retryAfter is what a sender is told to wait after a transient refusal.
const retryAfter = 100 * time.Millisecond

// job is a run of events of one sender for one board. done is called once,
// from the board's worker, and must not block; short is why what was applied
// must not be acknowledged, nil if it may.
type job struct {
	events []leaderboard.Event
	bytes  int               // of the events, about
	level  leaderboard.Level // the least of the acks
	sender any               // jobs of one sender are not reordered; nil = they need no order
	done   func(out leaderboard.Outcome, short *wire.Error, err error)
}

// queues are the bounded lines of events before the store, one per board. A
// board's worker lives only while its line is not empty.
type queues struct {
	hub *Hub

	mu     sync.Mutex
	lines  map[string]*line // guarded by mu
	bytes  int              // guarded by mu; of the events of all lines
	closed bool             // guarded by mu
	work   sync.WaitGroup   // the workers

	calls   context.Context // of the store; ends when close gives up
	abandon context.CancelFunc
}

func newQueues(h *Hub) *queues {
	q := &queues{hub: h, lines: map[string]*line{}}
	q.calls, q.abandon = context.WithCancel(context.Background())
	return q
}

// add puts a job in the board's line, or says why there is no room.
func (q *queues) add(board string, j job) *wire.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[board]
	if l == nil {
		l = &line{}
	}
	if fault := q.fullLocked(l, &j); fault != nil {
		return fault
	}
	if q.lines[board] == nil {
		q.lines[board] = l
		q.work.Go(func() { q.drain(board, l) })
	}
	l.jobs = append(l.jobs, j)
	l.events += len(j.events)
	l.bytes += j.bytes
	q.bytes += j.bytes
	q.hub.metrics.queued.Add(float64(len(j.events)))
	return nil
}

// fullLocked says why a line takes no such job. One that nothing is before is
// taken whatever its size, unless the node is full.
func (q *queues) fullLocked(l *line, j *job) *wire.Error {
	cfg := &q.hub.cfg
	switch {
	case q.closed:
		return errStopping
	case l.events+len(j.events) > cfg.QueueDepth:
		q.hub.metrics.refused("queue_depth")
		return busy("too many events wait for this board")
	case l.bytes > 0 && l.bytes+j.bytes > cfg.QueueBytes:
		q.hub.metrics.refused("queue_bytes")
		return busy("too many bytes of events wait for this board")
	case q.bytes > 0 && q.bytes+j.bytes > cfg.NodeQueueBytes:
		q.hub.metrics.refused("node_queue_bytes")
		return busy("too many bytes of events wait on this node")
	}
	return nil
}

// drain is the board's worker: whatever waits while the last call is in flight
// is the next batch. What a call did is told while the next one is under way,
// in order.
func (q *queues) drain(board string, l *line) {
	var told chan struct{} // closed when the last call has been told; nil = none is being told
	for {
		jobs, n := q.take(board, l, told == nil)
		switch {
		case len(jobs) > 0:
			c := q.hub.apply(board, jobs, n)
			if told != nil {
				<-told
			}
			done := make(chan struct{})
			told = done
			go func() {
				defer close(done)
				q.hub.tell(c)
				q.release(l, jobs)
			}()
		case told != nil:
			<-told
			told = nil
		default:
			return
		}
	}
}

// take takes the next batch off a line. The line of a board is forgotten when
// it is empty at the end of its worker.
func (q *queues) take(board string, l *line, end bool) (jobs []job, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs, n = l.take(q.hub.cfg.BatchMax)
	if len(jobs) == 0 && end {
		delete(q.lines, board)
	}
	l.events -= n
	q.hub.metrics.queued.Add(-float64(n))
	return jobs, n
}

// release takes that the events of jobs have been answered. Until then they
// count for the bounds in bytes, and the line's array must not keep them longer.
func (q *queues) release(l *line, jobs []job) {
	n := 0
	for _, j := range jobs {
		n += j.bytes
	}
	clear(jobs)
	q.mu.Lock()
	defer q.mu.Unlock()
	l.bytes -= n
	q.bytes -= n
}

// held is how many bytes of events wait for the store or for their answers.
func (q *queues) held() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// waiting is how many events of a board wait.
func (q *queues) waiting(board string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l := q.lines[board]; l != nil {
		return l.events
	}
	return 0
}

// close refuses new jobs and waits until the lines are empty, at most emptyWait
// for a store that does not answer.
func (q *queues) close() {
	defer q.abandon()
	defer time.AfterFunc(emptyWait, q.abandon).Stop()
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.work.Wait()
}

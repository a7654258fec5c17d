package hub

// line is what waits before the store for one board.
type line struct {
	jobs   []job
	events int // that wait
	bytes  int // of those that wait, or whose answer is on its way
}

// take takes the next batch: the first job, and whatever else waits for an ack
// of the same level, up to so many events. So who is content with less waits
// for at most the one call under way of those who ask for more, which takes long
// while a replica is dead. A job does not pass an earlier one of its sender.
func (l *line) take(most int) (jobs []job, n int) {
	var left []job
	var passed map[any]bool // senders of jobs that are left
	for i, j := range l.jobs {
		if i > 0 && n+len(j.events) > most {
			if left == nil { // nobody was passed: nothing need be copied
				jobs, l.jobs = l.jobs[:i:i], l.jobs[i:]
				return jobs, n
			}
			left = append(left, l.jobs[i:]...)
			break
		}
		if j.level == l.jobs[0].level && !passed[j.sender] {
			n += len(j.events)
			if left != nil {
				jobs = append(jobs, j)
			}
			continue
		}
		if left == nil {
			jobs, passed = l.jobs[:i:i], map[any]bool{}
		}
		left = append(left, j)
		if j.sender != nil {
			passed[j.sender] = true
		}
	}
	if left == nil {
		jobs = l.jobs
	}
	l.jobs = left
	return jobs, n
}

package fanout

// lane is the ordered queue of control answers of one session.
type lane struct {
	frames []*Frame
	first  int // index of the oldest
	bytes  int
	pushed uint64 // frames ever put in
	popped uint64 // frames ever taken out or dropped
}

// roomyLane is the capacity above which an emptied lane gives its memory back.
const roomyLane = 64

func (l *lane) len() int { return len(l.frames) - l.first }

func (l *lane) push(f *Frame) {
	if l.first > 0 && len(l.frames) == cap(l.frames) {
		n := copy(l.frames, l.frames[l.first:])
		clear(l.frames[n:])
		l.frames, l.first = l.frames[:n], 0
	}
	l.frames = append(l.frames, f)
	l.bytes += len(f.buf)
	l.pushed++
}

func (l *lane) pop() (*Frame, bool) {
	if l.len() == 0 {
		return nil, false
	}
	f := l.frames[l.first]
	l.frames[l.first] = nil
	l.first++
	l.bytes -= len(f.buf)
	l.popped++
	if l.len() == 0 {
		l.empty()
	}
	return f, true
}

// drop forgets everything queued.
func (l *lane) drop() {
	l.popped = l.pushed
	l.bytes = 0
	clear(l.frames)
	l.empty()
}

func (l *lane) empty() {
	l.frames, l.first = l.frames[:0], 0
	if cap(l.frames) > roomyLane {
		l.frames = nil
	}
}

package hub

// standingsPerSession bounds the sources whose standing one session is told.
const standingsPerSession = 64

// trackLocked returns the standing of a source that a session pushes; nil if
// there is no room for another.
func (st *standings) trackLocked(s *session, board, source string) *standing {
	if b := st.boards[board]; b != nil {
		if at := b.sources[source]; at != nil {
			if _, known := at.sessions[s]; known {
				return at
			}
		}
	}
	if len(st.sessions[s]) >= standingsPerSession || st.held >= st.hub.cfg.Limits.Standings {
		st.hub.metrics.refused("standings")
		return nil
	}
	b := st.boards[board]
	if b == nil {
		b = &standingBoard{name: board, sources: map[string]*standing{}}
		st.boards[board] = b
	}
	at := b.sources[source]
	if at == nil {
		at = &standing{board: b, source: source, sessions: map[*session]struct{}{}}
		b.sources[source] = at
		st.held++
	}
	at.sessions[s] = struct{}{}
	st.sessions[s] = append(st.sessions[s], at)
	return at
}

// leave forgets a session, and the sources that nobody else pushes.
func (st *standings) leave(s *session) {
	st.retain(s, func(string, string) bool { return false })
}

// retain forgets what a session may not push any more.
func (st *standings) retain(s *session, may func(board, source string) bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	var rest []*standing
	for _, at := range st.sessions[s] {
		if may(at.board.name, at.source) {
			rest = append(rest, at)
			continue
		}
		if delete(at.sessions, s); len(at.sessions) > 0 {
			continue
		}
		st.held--
		if delete(at.board.sources, at.source); len(at.board.sources) == 0 {
			delete(st.boards, at.board.name)
		}
	}
	if st.sessions[s] = rest; len(rest) == 0 {
		delete(st.sessions, s)
	}
}

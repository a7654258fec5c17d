package hub

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

func (h *Hub) getBoards(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	infos, err := h.boards.List(r.Context())
	if err != nil {
		return storeFault("", err)
	}
	all := wire.Boards{Boards: []wire.BoardInfo{}}
	for _, i := range infos {
		if p.OnBoard(i.Board) {
			all.Boards = append(all.Boards, infoOf(i))
		}
	}
	writeJSON(w, http.StatusOK, all)
	return nil
}

func infoOf(i leaderboard.Info) wire.BoardInfo {
	return wire.BoardInfo{Board: i.Board, Rules: toWireRules(i.Rules), Epoch: i.Head.Epoch, Version: i.Head.Version, Total: i.Total}
}

func (h *Hub) getBoard(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	offset, fault := number(r, "offset", 0, 0, 1<<31)
	if fault != nil {
		return fault
	}
	limit, fault := number(r, "limit", 100, 1, wire.MaxPage)
	if fault != nil {
		return fault
	}
	scheme, fault := parseScheme(r.URL.Query().Get("scheme"))
	if fault != nil {
		return fault
	}
	rep, fault := h.replica(r, p)
	if fault != nil {
		return fault
	}
	var page wire.BoardPage
	rep.Read(func(rd *leaderboard.Reader) {
		page.BoardInfo = boardInfo(r.PathValue("board"), rd)
		page.Entries = toEntries(rd.Page(offset, limit, scheme))
	})
	writeJSON(w, http.StatusOK, page)
	return nil
}

func (h *Hub) getMember(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	member := r.PathValue("member")
	if fault := wire.CheckMember("member", member); fault != nil {
		return fault
	}
	around, fault := number(r, "around", 0, 0, wire.MaxSpan)
	if fault != nil {
		return fault
	}
	scheme, fault := parseScheme(r.URL.Query().Get("scheme"))
	if fault != nil {
		return fault
	}
	rep, fault := h.replica(r, p)
	if fault != nil {
		return fault
	}
	var page wire.MemberPage
	found := false
	rep.Read(func(rd *leaderboard.Reader) {
		var entry leaderboard.Ranked
		if entry, found = rd.Get(member, scheme); !found {
			return
		}
		page.BoardInfo = boardInfo(r.PathValue("board"), rd)
		page.Entry = toEntry(entry)
		page.Entries = toEntries(rd.Around(member, around, scheme))
	})
	if !found {
		return &wire.Error{Code: wire.UnknownMember, Field: "member", Message: "is not on the board"}
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// replica returns the replica a read asks for, at its min_version, within its
// wait_ms.
func (h *Hub) replica(r *http.Request, p *Principal) (*leaderboard.Replica, *wire.Error) {
	board, q := r.PathValue("board"), r.URL.Query()
	if fault := h.mayRead(p, board, q.Get("audience")); fault != nil {
		return nil, fault
	}
	wait, fault := number(r, "wait_ms", int(defaultWait.Milliseconds()), 0, int(h.cfg.WaitMax.Milliseconds()))
	if fault != nil {
		return nil, fault
	}
	var version uint64
	if s := q.Get("min_version"); s != "" {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return nil, &wire.Error{Code: wire.OutOfRange, Field: "min_version", Message: "must be a whole number from 0"}
		}
		version = v
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(wait)*time.Millisecond)
	defer cancel()
	rep, err := h.feeds.get(board).await(ctx, version)
	if err != nil {
		return nil, storeFault(board, err)
	}
	return rep, nil
}

func (h *Hub) putBoard(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	board := r.PathValue("board")
	if fault := wire.CheckName("board", board); fault != nil {
		return fault
	}
	if fault := mayOwn(p, board); fault != nil {
		return fault
	}
	var rules wire.Rules
	if fault := readBody(w, r, &rules); fault != nil {
		return fault
	}
	if fault := h.checkRules(rules); fault != nil {
		return fault
	}
	info, delta, created, err := h.boards.Put(r.Context(), board, toRules(rules))
	if err != nil {
		return storeFault(board, err)
	}
	status := http.StatusOK
	switch {
	case created:
		status = http.StatusCreated
		h.renewed(board)
	case delta != nil:
		h.feeds.changed(board, *delta)
		h.bus.PublishDelta(board, *delta)
	}
	writeJSON(w, status, infoOf(info))
	return nil
}

func (h *Hub) deleteBoard(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	board := r.PathValue("board")
	if fault := wire.CheckName("board", board); fault != nil {
		return fault
	}
	if fault := mayOwn(p, board); fault != nil {
		return fault
	}
	if err := h.boards.Delete(r.Context(), board); err != nil {
		return storeFault(board, err)
	}
	h.renewed(board)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// mayOwn refuses who may not create, change or delete the board: that takes an
// admin, or a pusher of that very board.
func mayOwn(p *Principal, board string) *wire.Error {
	if p.Can(Admin) || p.Can(Pusher) && p.Boards != nil && p.OnBoard(board) {
		return nil
	}
	return &wire.Error{Code: wire.Forbidden, Field: "board", Message: "needs the role admin, or pusher with this board in its token"}
}

var color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (h *Hub) checkRules(r wire.Rules) *wire.Error {
	if r.Order != "" && r.Order != wire.OrderDesc && r.Order != wire.OrderAsc {
		return &wire.Error{Code: wire.BadRequest, Field: "order", Message: "must be desc or asc"}
	}
	if r.Tie != "" && r.Tie != wire.TieReached && r.Tie != wire.TieGiven && r.Tie != wire.TieNone {
		return &wire.Error{Code: wire.BadRequest, Field: "tie", Message: "must be reached, given or none"}
	}
	if _, fault := parseScheme(r.Scheme); fault != nil {
		return fault
	}
	if _, fault := h.checkLevel(r.Ack); fault != nil {
		return fault
	}
	if fault := wire.CheckText("title", r.Title); fault != nil {
		return fault
	}
	if len(r.Columns) > wire.MaxColumns {
		return &wire.Error{Code: wire.TooMany, Field: "columns", Message: fmt.Sprintf("must be at most %d", wire.MaxColumns)}
	}
	seen := map[string]bool{}
	for i, c := range r.Columns {
		if fault := checkColumn(fmt.Sprintf("columns[%d].", i), c, seen); fault != nil {
			return fault
		}
	}
	return nil
}

func checkColumn(at string, c wire.Column, seen map[string]bool) *wire.Error {
	if fault := wire.CheckID(at+"id", c.ID); fault != nil {
		fault.Code = wire.BadName
		return fault
	}
	if seen[c.ID] {
		return &wire.Error{Code: wire.BadRequest, Field: at + "id", Message: "stands there twice"}
	}
	seen[c.ID] = true
	if fault := wire.CheckText(at+"label", c.Label); fault != nil {
		return fault
	}
	if fault := wire.CheckText(at+"name", c.Name); fault != nil {
		return fault
	}
	if c.Color != "" && !color.MatchString(c.Color) {
		return &wire.Error{Code: wire.BadRequest, Field: at + "color", Message: "must be #rrggbb"}
	}
	return nil
}

func (h *Hub) getSource(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	return h.source(w, r, p, h.boards.Source)
}

func (h *Hub) postClaim(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	return h.source(w, r, p, h.boards.Claim)
}

type sourceCall func(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error)

func (h *Hub) source(w http.ResponseWriter, r *http.Request, p *Principal, call sourceCall) *wire.Error {
	board, source := r.PathValue("board"), r.PathValue("source")
	if fault := h.mayPush(p, board); fault != nil {
		return fault
	}
	if fault := wire.CheckName("source", source); fault != nil {
		return fault
	}
	if p.Source != "" && p.Source != source {
		return &wire.Error{Code: wire.Forbidden, Field: "source", Message: "this token pushes as source " + p.Source + " only"}
	}
	state, head, err := call(r.Context(), board, source)
	if err != nil {
		return storeFault(board, err)
	}
	writeJSON(w, http.StatusOK, wire.SourceState{
		Source: source, Epoch: head.Epoch, Origin: state.Origin, Generation: state.Generation, Seq: state.Seq,
		Durable: h.durable(r.Context(), board, state, head.Epoch),
	})
	return nil
}

package hub

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/boardfile"
	"rollcall/wire"
)

// maxArchive bounds the body of a restore: a million members with 1 KiB each.
const maxArchive = 1 << 30

// getArchive writes a board as it can be restored elsewhere. `from` says whose
// word it is: the store's (default), this node's replica's, which has no
// sources, or a sample of the store's best entries, for which it has compared
// all parts of the board with each other.
func (h *Hub) getArchive(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	board := r.PathValue("board")
	if fault := h.mayRead(p, board, wire.AudienceLive); fault != nil {
		return fault
	}
	var a leaderboard.Archive
	var err error
	switch from := r.URL.Query().Get("from"); from {
	case "", "store":
		a, err = h.boards.Archive(r.Context(), board)
	case "replica":
		var fault *wire.Error
		if a, fault = h.replicaArchive(r, p); fault != nil {
			return fault
		}
	case "sample":
		var s leaderboard.Sample
		if err = h.boards.Check(r.Context(), board); err == nil {
			s, err = h.boards.Sample(r.Context(), board)
		}
		a.Snapshot = leaderboard.Snapshot{Head: s.Head, Total: len(s.Entries), Entries: slices.Values(s.Entries)}
	default:
		return &wire.Error{Code: wire.BadRequest, Field: "from", Message: "must be store, replica or sample"}
	}
	if err != nil {
		return archiveFault(board, err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_ = boardfile.Write(patient{w}, board, a) // the peer may be gone; what is cut off says so by its form
	}
	return nil
}

// replicaArchive is the board as this node shows it.
func (h *Hub) replicaArchive(r *http.Request, p *Principal) (a leaderboard.Archive, fault *wire.Error) {
	rep, fault := h.replica(r, p)
	if fault != nil {
		return a, fault
	}
	var entries []leaderboard.Entry
	rep.Read(func(rd *leaderboard.Reader) {
		a.Head, a.Rules, a.Total = rd.Head(), rd.Rules(), rd.Len()
		entries = make([]leaderboard.Entry, 0, rd.Len())
		for _, e := range rd.Page(0, rd.Len(), leaderboard.Ordinal) {
			entries = append(entries, e.Entry)
		}
	})
	a.Entries = slices.Values(entries)
	return a, nil
}

// patient gives a peer time for each part of a long answer.
type patient struct{ http.ResponseWriter }

// Write implements io.Writer.
func (w patient) Write(b []byte) (int, error) {
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(writeWait)) // a test's recorder has none
	return w.ResponseWriter.Write(b)
}

// putArchive makes a board of an archive: the same ranks, ties, version and
// sources, in a new epoch. The body is read as it comes.
func (h *Hub) putArchive(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	board := r.PathValue("board")
	if fault := wire.CheckName("board", board); fault != nil {
		return fault
	}
	if fault := mayOwn(p, board); fault != nil {
		return fault
	}
	file, err := boardfile.Read(http.MaxBytesReader(w, r.Body, maxArchive))
	if err != nil {
		return archiveFault(board, err)
	}
	a := file.Archive()
	if fault := h.checkRules(toWireRules(a.Rules)); fault != nil {
		fault.Field = "rules." + fault.Field
		return fault
	}
	for _, s := range a.Sources {
		if fault := wire.CheckName("sources", s.Name); fault != nil {
			return fault
		}
	}
	var bad *wire.Error
	all := a.Entries
	a.Entries = func(yield func(leaderboard.Entry) bool) {
		n := 0
		for e := range all {
			if bad = checkEntry(n, &e); bad != nil {
				break
			}
			if !yield(e) {
				return
			}
			n++
		}
		if bad != nil || file.Err() != nil {
			yield(leaderboard.Entry{}) // no store takes it: what follows the last good entry spoils them all
		}
	}
	info, err := h.boards.Restore(r.Context(), board, a)
	switch {
	case bad != nil:
		return bad
	case err != nil && file.Err() != nil:
		return archiveFault(board, file.Err())
	case err != nil:
		return archiveFault(board, err)
	}
	h.renewed(board)
	writeJSON(w, http.StatusCreated, infoOf(info))
	return nil
}

// checkEntry checks the form of an entry as that of an event which sets all of
// it.
func checkEntry(n int, e *leaderboard.Entry) *wire.Error {
	fault := wire.CheckMember("member", e.Member)
	if fault == nil {
		ev := wire.Event{Member: e.Member, Op: wire.OpSet, Score: &e.Score, Name: &e.Name, Group: &e.Group, Cells: e.Cells}
		fault = ev.CheckContent()
	}
	for _, cell := range e.Cells {
		if string(cell) == "null" { // would delete it
			fault = &wire.Error{Code: wire.BadCells, Field: "cells", Message: "must not be null"}
		}
	}
	e.Score += 0 // -0 becomes 0
	if fault != nil {
		fault.Field = "entries[" + strconv.Itoa(n) + "]." + fault.Field
	}
	return fault
}

// archiveFault is what the reader or writer of archives and changelogs is told.
func archiveFault(board string, err error) *wire.Error {
	var fault *boardfile.Fault
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return &wire.Error{Code: wire.TooLarge, Message: "an archive must be at most 1 GiB"}
	case errors.As(err, &fault):
		return &wire.Error{Code: wire.BadJSON, Field: fault.Field, Message: fault.Err.Error()}
	case errors.Is(err, leaderboard.ErrExists):
		return &wire.Error{Code: wire.Exists, Field: "board", Message: "there is a board " + board + " already; restore under another name, or delete it"}
	case errors.Is(err, leaderboard.ErrArchive):
		return &wire.Error{Code: wire.BadRequest, Message: err.Error()}
	case errors.Is(err, leaderboard.ErrDamaged): // first: a damaged changelog is ErrGone too
		return &wire.Error{Code: wire.Internal, Message: err.Error()}
	case errors.Is(err, leaderboard.ErrGone):
		return &wire.Error{Code: wire.NotFound, Message: "the changelog does not lead from that head to where the board is: " + err.Error()}
	}
	return storeFault(board, err)
}

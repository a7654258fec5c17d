package hub

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"rollcall/wire"
)

const ndjson = "application/x-ndjson"

func (h *Hub) postEvents(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	board := r.PathValue("board")
	if fault := h.mayPush(p, board); fault != nil {
		return fault
	}
	asked, fault := h.wishes(Asked{Ack: r.URL.Query().Get("ack"), Journal: r.URL.Query().Get("journal")})
	if fault != nil {
		return fault
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == ndjson {
		return h.postLines(w, r, p, board, asked)
	}
	body, fault := readAll(w, r)
	if fault != nil {
		return fault
	}
	in, fault := wire.DecodeEvents(body)
	if fault != nil {
		return fault
	}
	if asked.journal {
		if fault := allNumbered(in); fault != nil {
			return fault
		}
	}
	writeJSON(w, http.StatusOK, wire.Results{Results: h.push(p, board, asked, in, blocked{})})
	return nil
}

// postLines takes one event a line and answers one result a line, flushed per
// batch. A line that does not parse is refused alone; of a body that is cut
// off the complete lines count.
func (h *Hub) postLines(w http.ResponseWriter, r *http.Request, p *Principal, board string, asked wishes) *wire.Error {
	rc := http.NewResponseController(w)
	_ = rc.EnableFullDuplex() // HTTP/2 needs none; HTTP/1 answers while it reads
	unhook := context.AfterFunc(h.life, func() { _ = rc.SetReadDeadline(time.Now()) })
	defer unhook()
	w.Header().Set("Content-Type", ndjson)
	w.WriteHeader(http.StatusOK)
	lines := lineReader{r: bufio.NewReaderSize(r.Body, wire.MaxLine+1)}
	stuck := blocked{}
	enc := json.NewEncoder(w)
	for {
		in, numbers, err := lines.batch(h.cfg.BatchMax)
		for i := range in {
			if fault := unnumbered(&in[i]); fault != nil && asked.journal && in[i].Fault == nil {
				in[i].Fault, in[i].Identified = fault, false
			}
		}
		results := h.push(p, board, asked, in, stuck)
		_ = rc.SetWriteDeadline(time.Now().Add(writeWait)) // a test's recorder has none
		for i, res := range results {
			res.Line = numbers[i]
			if enc.Encode(res) != nil {
				return nil // the sender is gone; its events are in
			}
		}
		if rc.Flush() != nil || err != nil {
			return nil
		}
	}
}

// lineReader reads events line by line.
type lineReader struct {
	r    *bufio.Reader
	line int
}

// batch returns up to n events that can be had without waiting for the
// network, at least one unless the body ends. err is io.EOF at the end.
func (l *lineReader) batch(n int) (in []wire.Incoming, numbers []int, err error) {
	for len(in) < n && (len(in) == 0 || l.r.Buffered() > 0 && l.wholeLine()) {
		raw, fault, err := l.next()
		if err != nil {
			return in, numbers, err
		}
		switch {
		case fault != nil:
			in = append(in, wire.Incoming{Fault: fault})
		case len(raw) > 0:
			in = append(in, wire.DecodeEvent(raw))
		default:
			continue
		}
		numbers = append(numbers, l.line)
	}
	return in, numbers, nil
}

func (l *lineReader) wholeLine() bool {
	b, _ := l.r.Peek(l.r.Buffered())
	return bytes.IndexByte(b, '\n') >= 0
}

// next returns the next line without its end; a last line without an end is
// taken only if the body ended as announced.
func (l *lineReader) next() (raw []byte, fault *wire.Error, err error) {
	l.line++
	raw, err = l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.r.ReadSlice('\n')
		}
		if err == nil || errors.Is(err, io.EOF) {
			return nil, &wire.Error{Code: wire.TooLarge, Message: fmt.Sprintf("a line must be at most %d bytes", wire.MaxLine)}, nil
		}
		return nil, nil, err
	}
	raw = bytes.TrimSpace(raw)
	if errors.Is(err, io.EOF) && len(raw) > 0 {
		return raw, nil, nil
	}
	return raw, nil, err
}

package natsbus

import (
	"errors"

	"github.com/nats-io/nats.go"

	"rollcall/hub"
)

// pump takes what has come from the connection at once, so that nothing is
// lost there unseen: what the listener is too slow for is dropped here, and
// doubted. When the bus closes it hands over what is left and ends the queue.
func (b *Bus) pump() {
	defer b.in.close()
	for {
		select {
		case msg := <-b.arrived:
			b.enqueue(msg)
			continue
		default:
		}
		select {
		case msg := <-b.arrived:
			b.enqueue(msg)
		case <-b.stopReceive:
			return
		}
	}
}

func (b *Bus) enqueue(msg *nats.Msg) {
	p := b.subjects.parse(msg.Subject)
	if b.in.put(packet{subject: msg.Subject, place: p, data: msg.Data}) == "" {
		return
	}
	b.drop(dropInbox)
	switch {
	case p.board != "":
		b.doubts.board(p.board)
	case p.room:
		b.doubts.all()
	}
}

// hear gives the listener what has come, in order.
func (b *Bus) hear() {
	for {
		p, ok := b.in.take()
		if !ok {
			return
		}
		l := b.listener.Load()
		if l == nil || !b.watches.watched(p.subject) {
			continue // it came after the last stop
		}
		if err := b.deliver(*l, p); err != nil {
			b.refuse(p, err)
		}
	}
}

// deliver decodes one message, whose sender is not trusted, and gives it to the
// listener if it is sound.
func (b *Bus) deliver(l hub.Listener, p packet) error {
	k, node, body, err := decodeHead(p.data)
	if err != nil {
		return err
	}
	if node == b.cfg.Node {
		return nil // our own, that came back over another connection
	}
	say, err := b.decode(l, p.place, k, node, body)
	if err != nil {
		return err
	}
	b.counts.in[k].count(p.data)
	say()
	return nil
}

// decode returns the call that tells the listener.
func (b *Bus) decode(l hub.Listener, p place, k kind, node string, body []byte) (say func(), err error) {
	switch {
	case p.board != "" && k == kindDelta:
		d, err := decodeDelta(p.board, body)
		return func() { l.HearDelta(p.board, d) }, err
	case p.board != "" && k == kindRenewed:
		return func() { l.HearRenewed(p.board) }, decodeBoard(p.board, body)
	case p.board != "" && k == kindDoubt:
		return func() { b.doubts.board(p.board) }, decodeBoard(p.board, body)
	case p.room && k == kindTransitions:
		ts, err := decodeTransitions(p.partition, body)
		return func() { l.HearTransitions(ts) }, err
	case p.node && k == kindNode:
		n, err := decodeNode(node, body)
		return func() { l.HearNode(n) }, err
	}
	return nil, bad(badKind, "%s on this subject", kindNames[k])
}

// refuse counts a message that is not sound.
func (b *Bus) refuse(p packet, err error) {
	reason := badForm
	var e *messageError
	if errors.As(err, &e) {
		reason = e.reason
	}
	b.counts.bad[reason].Add(1)
	b.logs.warn("bus message refused", "subject", p.subject, "err", err)
}

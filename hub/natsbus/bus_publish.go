package natsbus

import (
	"slices"

	"rollcall/leaderboard"
	"rollcall/presence"
	"rollcall/wire"
)

// PublishDelta tells who watches the board what changed. A delta too large for
// a message becomes the advice to look it up.
func (b *Bus) PublishDelta(board string, d leaderboard.Delta) {
	if wire.CheckName("board", board) != nil {
		b.drop(dropName)
		return
	}
	if len(d.Rows) <= maxRows {
		data := appendDelta(make([]byte, 0, 192+64*len(d.Rows)), b.cfg.Node, board, d)
		if len(data) <= int(b.limit.Load()) {
			b.send(kindDelta, b.subjects.board(board), data)
			return
		}
	}
	b.drop(dropOversize)
	b.send(kindDoubt, b.subjects.board(board), boardMessage(kindDoubt, b.cfg.Node, board))
}

// PublishRenewed tells who watches the board that it was created or deleted.
func (b *Bus) PublishRenewed(board string) {
	if wire.CheckName("board", board) != nil {
		b.drop(dropName)
		return
	}
	b.send(kindRenewed, b.subjects.board(board), boardMessage(kindRenewed, b.cfg.Node, board))
}

// PublishTransitions tells who watches the rooms, in one message for each
// partition if they fit.
func (b *Bus) PublishTransitions(ts []presence.Transition) {
	var parts [presence.Partitions][]int // indices of ts
	for i := range ts {
		p := presence.Partition(ts[i].Room)
		parts[p] = append(parts[p], i)
	}
	for p, indices := range parts {
		if len(indices) > 0 {
			b.publishPartition(b.subjects.room(p), ts, indices)
		}
	}
}

// publishPartition sends the transitions at the indices, in order.
func (b *Bus) publishPartition(subject string, ts []presence.Transition, indices []int) {
	limit := int(b.limit.Load())
	head := appendHead(nil, kindTransitions, b.cfg.Node)
	msg, n := head[:len(head):len(head)], 0
	for _, i := range indices {
		before := len(msg)
		msg = appendTransition(msg, &ts[i])
		n++
		if len(msg) <= limit && n <= maxTransitions {
			continue
		}
		last := msg[before:]
		if n > 1 {
			b.send(kindTransitions, subject, msg[:before:before])
		}
		msg, n = slices.Concat(head, last), 1
		if len(msg) > limit {
			b.drop(dropOversize)
			msg, n = head[:len(head):len(head)], 0
		}
	}
	if n > 0 {
		b.send(kindTransitions, subject, msg)
	}
}

// PublishNode tells every node how this one is.
func (b *Bus) PublishNode(n wire.NodeInfo) {
	data, err := appendNode(nil, b.cfg.Node, n)
	if err != nil || len(data) > int(b.limit.Load()) {
		b.drop(dropOversize)
		b.logs.warn("bus message not sent", "reason", string(dropOversize), "err", err)
		return
	}
	b.send(kindNode, b.subjects.node(), data)
}

// send hands a message to the writer, or drops it: receivers find out by
// looking at the store.
func (b *Bus) send(k kind, subject string, data []byte) {
	if why := b.out.put(packet{subject: subject, kind: k, data: data}); why != "" {
		b.drop(why)
		b.logs.warn("bus message not sent", "reason", string(why))
	}
}

func (b *Bus) drop(why dropReason) { b.counts.dropped[why].Add(1) }

// write sends what waits, until the queue is closed and empty. The library may
// block here, when the server does not read.
func (b *Bus) write() {
	for {
		p, ok := b.out.take()
		if !ok {
			return
		}
		if err := b.conn.Publish(p.subject, p.data); err != nil {
			b.drop(dropUnsent)
			b.logs.warn("bus message not sent", "reason", string(dropUnsent), "err", err)
			continue
		}
		b.counts.out[p.kind].count(p.data)
	}
}

package natsbus

import (
	"encoding/json"
	"fmt"

	"rollcall/wire"
)

// appendNode is a node message. Of a node with too many hot boards it has the
// hottest.
func appendNode(dst []byte, node string, n wire.NodeInfo) ([]byte, error) {
	n.Hot = n.Hot[:min(len(n.Hot), maxHot)]
	for {
		body, err := json.Marshal(n)
		if err != nil {
			return nil, fmt.Errorf("encode node: %w", err)
		}
		if len(body) <= maxNode {
			return append(appendHead(dst, kindNode, node), body...), nil
		}
		if len(n.Hot) == 0 {
			return nil, fmt.Errorf("encode node: %d bytes, at most %d", len(body), maxNode)
		}
		n.Hot = n.Hot[:len(n.Hot)/2]
	}
}

// decodeNode reads the body of a node message that the node sent.
func decodeNode(node string, body []byte) (n wire.NodeInfo, err error) {
	if len(body) > maxNode {
		return n, bad(badSize, "%d bytes, at most %d", len(body), maxNode)
	}
	if err := json.Unmarshal(body, &n); err != nil {
		return n, bad(badForm, "%v", err)
	}
	return n, checkNode(node, n)
}

func checkNode(node string, n wire.NodeInfo) error {
	if n.Node != node {
		return bad(badName, "node %q from node %q", n.Node, node)
	}
	for _, text := range []string{n.Version, n.Store, n.Bus, n.Problem} {
		if fault := wire.CheckText("text", text); fault != nil {
			return faulty(fault)
		}
	}
	if n.Started != 0 && (n.Started < earliest/1000 || n.Started > latest/1000) ||
		min(n.Sessions, n.Users, n.Boards, n.Rooms, n.Lost) < 0 {
		return bad(badValue, "started or counts")
	}
	if len(n.Hot) > maxHot {
		return bad(badSize, "%d hot boards, at most %d", len(n.Hot), maxHot)
	}
	for _, h := range n.Hot {
		if fault := wire.CheckName("board", h.Board); fault != nil {
			return faulty(fault)
		}
		if h.Rate < 0 || h.Rate > maxRate || h.Queued < 0 || h.Busy < 0 || h.Busy > 1 {
			return bad(badValue, "load of board %s", h.Board)
		}
	}
	return nil
}

package hub

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// at is the opaque form of a head as one view of one audience shows it. The
// view is part of it, so that a state is never taken for another view's.
func at(head leaderboard.Head, audience, view string) string {
	f := fnv.New32a()
	_, _ = f.Write([]byte(view))
	raw := fmt.Sprintf("%s.%d.%s.%s.%x", head.Epoch, head.Version, head.Chain, audience, f.Sum32())
	return base64.RawURLEncoding.EncodeToString([]byte(raw))
}

// roomAt is the opaque form of a room's version as one view shows it.
func roomAt(s wire.PresenceSnapshot, view string) string {
	degraded := "live"
	if s.Degraded {
		degraded = "degraded"
	}
	return at(leaderboard.Head{Epoch: s.Room, Version: s.Version, Chain: s.Mode}, degraded, view)
}

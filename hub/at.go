package hub

import (
	"encoding/base64"
	"hash/fnv"
	"strconv"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// `at` is the opaque form of a state as one view shows it: of the head, then a
// stamp of the view and its audience, so that a state is never taken for
// another view's.

// headAt is the part of `at` that all views of one head share.
func headAt(head leaderboard.Head) string {
	raw := head.Epoch + "." + strconv.FormatUint(head.Version, 10) + "." + head.Chain
	return base64.RawURLEncoding.EncodeToString([]byte(raw))
}

// stampOf is the part of `at` that all states of one view share.
func stampOf(audience, view string) string {
	f := fnv.New64a()
	_, _ = f.Write([]byte(view)) // never fails
	return "." + audience + "." + strconv.FormatUint(f.Sum64(), 36)
}

// roomAt is the `at` of a room's version as one view shows it.
func roomAt(s *wire.PresenceSnapshot, view string) string {
	audience := "live"
	if s.Degraded {
		audience = "degraded"
	}
	return headAt(leaderboard.Head{Epoch: s.Room, Version: s.Version, Chain: s.Mode}) + stampOf(audience, view)
}

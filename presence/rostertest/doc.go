// Package rostertest is the one suite that every roster driver passes: the
// rules of presence.Roster by name, and a random model test of three nodes
// that join, leave, beat, sweep, crash, stand still, and live through steps of
// the clock.
//
//	func TestRoster(t *testing.T) {
//		rostertest.Run(t, func(tb testing.TB, clock *rostertest.Clock) rostertest.Roster {
//			return newRoster(tb, clock.Now)
//		})
//	}
package rostertest

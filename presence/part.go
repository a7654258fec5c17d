package presence

import (
	"context"
	"errors"
	"slices"
)

// part tells the roster that the node stops, within one CallTimeout. Holders of
// which it could not be told expire after the whole threshold, as after a
// crash.
func (t *Tracker) part(ctx context.Context) {
	roster, ok := t.roster.(Parter)
	held := t.stillHeld(t.held())
	if !ok || len(held) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.cfg.CallTimeout)
	defer cancel()
	var errs []error
	for chunk := range slices.Chunk(held, t.cfg.RefreshChunk) {
		errs = append(errs, roster.Part(ctx, t.node, chunk))
	}
	if err := errors.Join(errs...); err != nil {
		t.cfg.Log.Warn("the roster was not told that the node stops: its users leave later", "node", t.node, "err", err)
	}
}

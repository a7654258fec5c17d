package pebbleboard

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// checkTries is how often Check looks for a moment at which disk and memory are
// at one head. A busy board's disk is checked by itself if there is none.
const checkTries = 5

// Check reads the whole board from the disk again, which Pebble's checksums
// guard, and compares it with what is in memory: leaderboard.ErrDamaged if they
// differ, or the changelog on the disk does not lead to where the board is. It
// takes two or three seconds for a million members and keeps none of them.
func (s *Store) Check(ctx context.Context, name string) error {
	for range checkTries {
		snap, err := s.Snapshot(ctx, name)
		if err != nil {
			return err
		}
		disk, err := s.readDisk(ctx, name)
		switch {
		case err != nil:
			return fmt.Errorf("check of board %s: %w", name, err)
		case disk.Head != snap.Head:
			continue
		case disk.digest != digest(snap):
			return fmt.Errorf("check of board %s: %w: what is on the disk is not what is in memory, at version %d", name, leaderboard.ErrDamaged, snap.Head.Version)
		}
		return nil
	}
	return nil
}

// diskBoard is what a board's record on the disk says, and all its entries in
// one number, whatever their order.
type diskBoard struct {
	record
	digest uint64
}

var digestSeed = maphash.MakeSeed()

func digest(snap leaderboard.Snapshot) (sum uint64) {
	var row []byte
	for e := range snap.Entries {
		row = leaderboard.AppendRow(row[:0], &leaderboard.Row{Entry: e})
		sum += maphash.Bytes(digestSeed, row)
	}
	return sum
}

// readDisk reads a board at one commit.
func (s *Store) readDisk(ctx context.Context, name string) (b diskBoard, err error) {
	s.reading.RLock()
	defer s.reading.RUnlock()
	if s.closed {
		return b, errClosed
	}
	at := s.db.NewSnapshot()
	defer at.Close()
	value, closer, err := at.Get(boardKey(name))
	if err != nil {
		return b, err
	}
	defer closer.Close()
	if err := json.Unmarshal(value, &b.record); err != nil {
		return b, fmt.Errorf("%w: record: %w", leaderboard.ErrDamaged, err)
	}
	if err := b.readEntries(ctx, at); err != nil {
		return b, fmt.Errorf("entries: %w", err)
	}
	if err := b.readLog(at); err != nil {
		return b, fmt.Errorf("changelog: %w", err)
	}
	return b, nil
}

func (b *diskBoard) readEntries(ctx context.Context, at *pebble.Snapshot) error {
	n := 0
	err := each(at, under(nil, kindEntry, b.Head.Epoch, ""), func(member, value []byte) error {
		row, err := leaderboard.DecodeRow(value)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %q: %w", leaderboard.ErrDamaged, member, err)
		case row.Member != string(member) || row.Removed:
			return fmt.Errorf("%w: the entry of %q is that of %q", leaderboard.ErrDamaged, member, row.Member)
		}
		n++
		b.digest += maphash.Bytes(digestSeed, value)
		return ctx.Err()
	})
	if err == nil && n != b.Total {
		err = fmt.Errorf("%w: %d are there, the record says %d", leaderboard.ErrDamaged, n, b.Total)
	}
	return err
}

func (b *diskBoard) readLog(at *pebble.Snapshot) error {
	last := leaderboard.Head{Epoch: b.Head.Epoch, Version: b.Head.Version, Chain: leaderboard.FirstChain(b.Head.Epoch)}
	first := true
	err := each(at, under(nil, kindLog, b.Head.Epoch, ""), func(_, value []byte) error {
		d, err := decodeLog(value)
		if err != nil {
			return fmt.Errorf("%w: %w", leaderboard.ErrDamaged, err)
		}
		if !first && (d.From != last.Version || d.PrevChain != last.Chain) {
			return fmt.Errorf("%w: the entry to version %d does not lead on from that to version %d", leaderboard.ErrDamaged, d.To, last.Version)
		}
		last, first = d.Head(), false
		return nil
	})
	if err == nil && last != b.Head {
		err = fmt.Errorf("%w: it leads to version %d, chain %s; the board is at version %d, chain %s", leaderboard.ErrDamaged, last.Version, last.Chain, b.Head.Version, b.Head.Chain)
	}
	return err
}

package pebbleboard

import "encoding/binary"

// Keys. A board's record stands under its name; everything else of it under
// its epoch, so that a board made anew under an old name meets nothing of the
// old one. No two things share a key: the first byte says which kind it is, an
// epoch has a fixed length, and at most one text follows, which ends the key.
//
//	F                       version of the format
//	N                       number of the last commit
//	b name                  board record
//	e epoch member          entry
//	s epoch source          source
//	i epoch id              used id
//	c epoch version(8, BE)  changelog entry that led to the version
//	r epoch                 a board under this epoch is being restored
//	j key                   journal
const (
	kindEntry  = 'e'
	kindSource = 's'
	kindID     = 'i'
	kindLog    = 'c'
)

var (
	keyFormat = []byte("F")
	keyCommit = []byte("N")
)

// epochBytes is the length of an epoch: 128 random bits in hex.
const epochBytes = 32

func boardKey(name string) []byte { return append([]byte{'b'}, name...) }

func restoreKey(epoch string) []byte { return append([]byte{'r'}, epoch...) }

func journalKey(key string) []byte { return append([]byte{'j'}, key...) }

// under appends the key of something that belongs to an epoch.
func under(dst []byte, kind byte, epoch, name string) []byte {
	dst = append(dst, kind)
	dst = append(dst, epoch...)
	return append(dst, name...)
}

func logKey(dst []byte, epoch string, version uint64) []byte {
	return binary.BigEndian.AppendUint64(under(dst, kindLog, epoch, ""), version)
}

// upTo returns the first key after all that begin with prefix.
func upTo(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil // prefix is all 0xff: nothing is after it
}

package leaderboard

import (
	"crypto/sha256"
	"encoding/hex"
)

// chainBytes is the length of a chain: 128 bits of SHA-256, in hex 32 digits.
const chainBytes = 16

// FirstChain is the chain that an epoch begins with, at any version.
func FirstChain(epoch string) string { return NextChain("", []byte(epoch)) }

// NextChain is the chain after a batch: it binds the batch's canonical
// encoding (AppendDelta) to everything before it.
func NextChain(prev string, log []byte) string {
	h := sha256.New()
	h.Write([]byte(prev))
	h.Write([]byte{'\n'})
	h.Write(log)
	var sum [sha256.Size]byte
	return hex.EncodeToString(h.Sum(sum[:0])[:chainBytes])
}

// Verify reports whether the delta's chain is that of its content.
func (d Delta) Verify() bool { return d.Chain == NextChain(d.PrevChain, AppendDelta(nil, d)) }

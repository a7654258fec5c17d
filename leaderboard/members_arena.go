package leaderboard

import (
	"encoding/binary"
	"strings"
)

const (
	idBlockBits = 12
	idBlockSize = 1 << idBlockBits // bytes; an id that is longer has a block of its own
)

// idArena keeps ids one behind another in blocks, each with its length (a
// uvarint) before it. A reference is block number × idBlockSize + offset, so
// there is room for 4 GiB. Written bytes never change: a string that at
// returned stays good after its id is gone, and keeps one block alive.
type idArena struct {
	blocks  []idBlock
	current uint32          // the block that is being filled
	open    strings.Builder // its text
	free    []uint32        // numbers of dropped blocks
}

type idBlock struct {
	text string
	dead int // bytes of text that no reference needs
}

// sparse reports whether less than half of a block is in use.
func (b idBlock) sparse() bool { return b.dead*2 > len(b.text) }

// add stores an id.
func (a *idArena) add(id string) uint32 {
	var prefix [binary.MaxVarintLen64]byte
	width := binary.PutUvarint(prefix[:], uint64(len(id)))
	if a.open.Len() >= idBlockSize || a.open.Cap()-a.open.Len() < width+len(id) {
		a.nextBlock(width + len(id))
	}
	ref := a.current<<idBlockBits | uint32(a.open.Len())
	a.open.Write(prefix[:width])
	a.open.WriteString(id)
	a.blocks[a.current].text = a.open.String()
	return ref
}

// nextBlock opens a block for at least size bytes.
func (a *idArena) nextBlock(size int) {
	a.open.Reset()
	a.open.Grow(max(size, idBlockSize))
	if last := len(a.free) - 1; last >= 0 {
		a.current = a.free[last]
		a.free = a.free[:last]
		return
	}
	a.current = uint32(len(a.blocks))
	a.blocks = append(a.blocks, idBlock{})
}

// at returns the id of a reference.
func (a *idArena) at(ref uint32) string {
	text := a.blocks[ref>>idBlockBits].text[ref%idBlockSize:]
	if size := text[0]; size < 0x80 {
		return text[1 : 1+size]
	}
	width, size := idPrefix(text)
	return text[width : width+size]
}

// idPrefix reads the length before an id: the bytes it takes, and what it says.
func idPrefix(text string) (width, size int) {
	for shift := 0; ; shift += 7 {
		b := text[width]
		width++
		size |= int(b&0x7f) << shift
		if b < 0x80 {
			return width, size
		}
	}
}

// release says that a reference is not needed any more.
func (a *idArena) release(ref uint32) {
	width, size := idPrefix(a.blocks[ref>>idBlockBits].text[ref%idBlockSize:])
	a.blocks[ref>>idBlockBits].dead += width + size
}

// each yields the references and ids of a block, released ones too.
func (a *idArena) each(block uint32) func(yield func(ref uint32, id string) bool) {
	return func(yield func(uint32, string) bool) {
		text := a.blocks[block].text
		for at := 0; at < len(text); {
			width, size := idPrefix(text[at:])
			if !yield(block<<idBlockBits|uint32(at), text[at+width:at+width+size]) {
				return
			}
			at += width + size
		}
	}
}

// drop forgets a block that is not the current one; its number is used again.
func (a *idArena) drop(block uint32) {
	a.blocks[block] = idBlock{}
	a.free = append(a.free, block)
}

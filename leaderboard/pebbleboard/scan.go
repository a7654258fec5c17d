package pebbleboard

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Pebble checks every record of its logs, but takes a bad one for the end of
// the log unless a later 32 KiB block proves otherwise, and always so in the
// manifest. scanDir looks closer before Pebble does: a bad record is the end
// only if it has the marks of a write that never reached the disk.
//
// A file is blocks of 32 KiB, a block is chunks: CRC-32C (4 bytes), length (2),
// type (1); in logs also the number of the log (4) and, but for the first log
// of a directory, the offset up to which the log was synced when the chunk was
// written (8). The types are four of each kind: whole, first, middle, last.
const (
	blockSize      = 32 << 10
	sectorSize     = 512 // what a disk writes whole or not at all
	plainHeader    = 7   // types 1 to 4: the manifest
	numberedHeader = 11  // types 5 to 8
	syncedHeader   = 19  // types 9 to 12
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// scanDir refuses a directory with a damaged log or manifest.
func scanDir(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		s := scan{name: name}
		if n, ok := strings.CutSuffix(name, ".log"); ok {
			num, err := strconv.ParseUint(n, 10, 64)
			if err != nil {
				continue
			}
			s.log, s.number = true, uint32(num)
		} else if !strings.HasPrefix(name, "MANIFEST-") {
			continue
		}
		if s.data, err = readFile(fs, fs.PathJoin(dir, name)); err != nil {
			return err
		}
		if err := s.run(); err != nil {
			return err
		}
	}
	return nil
}

// scan is one file being checked.
type scan struct {
	name   string
	data   []byte
	log    bool   // a log, else a manifest
	number uint32 // of the log
}

// run goes from chunk to chunk until the first that is not whole, and judges
// that one.
func (s *scan) run() error {
	for pos := 0; pos < len(s.data); {
		n := s.chunk(pos)
		if rest := s.block(pos); n == 0 && len(rest) < syncedHeader && zero(rest) {
			n = len(rest) // no chunk fits here
		}
		if n == 0 {
			return s.judge(pos)
		}
		pos += n
	}
	return nil
}

// block is the rest of the block that pos is in.
func (s *scan) block(pos int) []byte {
	return s.data[pos:min(len(s.data), (pos/blockSize+1)*blockSize)]
}

// chunk returns the length of the whole, valid chunk at pos, 0 if there is none.
func (s *scan) chunk(pos int) int {
	b := s.block(pos)
	header := s.header(b)
	if header == 0 {
		return 0
	}
	n := header + int(binary.LittleEndian.Uint16(b[4:]))
	if n > len(b) || cook(crc32.Checksum(b[6:n], castagnoli)) != binary.LittleEndian.Uint32(b) {
		return 0
	}
	return n
}

// header returns the length of the header that a block begins with, 0 if it
// cannot be one.
func (s *scan) header(b []byte) int {
	switch {
	case len(b) < plainHeader:
		return 0
	case !s.log:
		if b[6] >= 1 && b[6] <= 4 {
			return plainHeader
		}
	case len(b) >= numberedHeader && binary.LittleEndian.Uint32(b[7:]) == s.number:
		if b[6] >= 5 && b[6] <= 8 {
			return numberedHeader
		}
		if b[6] >= 9 && b[6] <= 12 && len(b) >= syncedHeader {
			return syncedHeader
		}
	}
	return 0
}

// cook is how Pebble stores a CRC.
func cook(c uint32) uint32 { return (c>>15 | c<<17) + 0xa282ead8 }

// judge decides whether a file that cannot be read on from pos ends there.
func (s *scan) judge(pos int) error {
	if s.trailer(pos) || zero(s.data[pos:]) {
		return nil
	}
	if s.promised(pos) || !s.torn(pos) {
		return fmt.Errorf("its file %s is damaged at byte %d", s.name, pos)
	}
	return nil
}

// trailer reports whether a log was closed at pos: the header of a chunk of
// the next log, and nothing after it.
func (s *scan) trailer(pos int) bool {
	b := s.data[pos:]
	return s.log && len(b) >= numberedHeader && zero(b[:6]) && b[6] == 5 &&
		binary.LittleEndian.Uint32(b[7:]) == s.number+1 && zero(b[numberedHeader:])
}

// promised reports whether a valid chunk after pos says that the file was
// synced beyond pos, so that what stands there was whole once. The manifest is
// synced after every record.
func (s *scan) promised(pos int) bool {
	for at := pos + 1; at+plainHeader <= len(s.data); at++ {
		if s.chunk(at) == 0 {
			continue
		}
		if s.data[at+6] <= 4 || s.data[at+6] >= 9 && binary.LittleEndian.Uint64(s.data[at+11:]) > uint64(pos) {
			return true
		}
	}
	return false
}

// torn reports whether the chunk at pos looks like a write that was cut short:
// the file ends in it, or a sector of it reads as zeros.
func (s *scan) torn(pos int) bool {
	b := s.block(pos)
	n := min(len(b), syncedHeader)
	if header := s.header(b); header > 0 {
		n = header + int(binary.LittleEndian.Uint16(b[4:]))
		if n > len(b) && (len(b) == blockSize-pos%blockSize || s.wholeAtOtherLength(b, header)) {
			return false // a chunk never leaves its block
		}
	}
	if n > len(b) || n < syncedHeader && pos+n == len(s.data) {
		return true
	}
	for from := pos; from < pos+n; {
		to := min(pos+n, (from/sectorSize+1)*sectorSize)
		if zero(s.data[from:to]) {
			return true
		}
		from = to
	}
	return false
}

// wholeAtOtherLength reports whether the chunk's checksum holds for another
// length than the one in its header: then the header is damaged.
func (s *scan) wholeAtOtherLength(b []byte, header int) bool {
	want := binary.LittleEndian.Uint32(b)
	sum := crc32.Checksum(b[6:header], castagnoli)
	for n := header; ; n++ {
		if cook(sum) == want {
			return true
		}
		if n == len(b) {
			return false
		}
		sum = crc32.Update(sum, castagnoli, b[n:n+1])
	}
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

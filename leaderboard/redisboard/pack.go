package redisboard

import "encoding/binary"

// MessagePack as far as scripts speak it (cmsgpack is in every Redis): texts,
// numbers, bools and lists go in, lists of texts come out. A library would
// bring reflection and all the other types for these few lines.

func packText(dst []byte, s string) []byte { return append(packHeader(dst, len(s)), s...) }

// packHeader announces a text of n bytes.
func packHeader(dst []byte, n int) []byte {
	switch {
	case n < 32:
		return append(dst, 0xa0|byte(n))
	case n < 1<<8:
		return append(dst, 0xd9, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
}

func packUint(dst []byte, n uint64) []byte {
	switch {
	case n < 128:
		return append(dst, byte(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, 0xce), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xcf), n)
}

func packInt(dst []byte, n int) []byte { return packUint(dst, uint64(n)) }

func packBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 0xc3)
	}
	return append(dst, 0xc2)
}

// packSaid writes a text, false if it was not said.
func packSaid(dst []byte, s string, said bool) []byte {
	if !said {
		return packBool(dst, false)
	}
	return packText(dst, s)
}

func packList(dst []byte, n int) []byte {
	return binary.BigEndian.AppendUint16(append(dst, 0xdc), uint16(n))
}

// unpackList takes the head of a list off b and tells its length.
func unpackList(b string) (n int, rest string, ok bool) {
	switch {
	case len(b) > 0 && b[0]&0xf0 == 0x90:
		return int(b[0] & 0x0f), b[1:], true
	case len(b) >= 3 && b[0] == 0xdc:
		return int(b[1])<<8 | int(b[2]), b[3:], true
	}
	return 0, "", false
}

// unpackText takes the first text off b.
func unpackText(b string) (text, rest string, ok bool) {
	if b == "" {
		return "", "", false
	}
	size, n := 0, 0 // of the length, in bytes; the length
	switch c := b[0]; {
	case c&0xe0 == 0xa0:
		n = int(c & 0x1f)
	case c == 0xd9:
		size = 1
	case c == 0xda:
		size = 2
	case c == 0xdb:
		size = 4
	default:
		return "", "", false
	}
	b = b[1:]
	if len(b) < size {
		return "", "", false
	}
	for _, c := range []byte(b[:size]) {
		n = n<<8 | int(c)
	}
	b = b[size:]
	if n > len(b) {
		return "", "", false
	}
	return b[:n], b[n:], true
}

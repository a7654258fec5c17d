package clics

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one line of a feed, in bytes. Real lines stay under 10 KB;
// whole collections of the largest contests are a few MB.
const maxLine = 32 << 20

// eachLine calls f with every line of r that is not blank, without its end,
// and its number from 1. The line is valid until f returns. An error of f comes
// back with the line's number before it.
func eachLine(r io.Reader, f func(line int, b []byte) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var long []byte
	for n := 1; ; n++ {
		b, err := readLine(in, &long)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if n == 1 {
			b = bytes.TrimPrefix(b, []byte("\ufeff"))
		}
		if b = bytes.TrimSpace(b); len(b) > 0 {
			if err := f(n, b); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
}

// readLine returns the next line; io.EOF comes with the last one. A line longer
// than the reader's buffer is gathered in long, which is reused.
func readLine(in *bufio.Reader, long *[]byte) ([]byte, error) {
	b, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return b, err
	}
	*long = append((*long)[:0], b...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(*long) > maxLine {
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		}
		b, err = in.ReadSlice('\n')
		*long = append(*long, b...)
	}
	return *long, err
}

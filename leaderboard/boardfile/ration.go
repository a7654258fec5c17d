package boardfile

import (
	"fmt"
	"io"
)

// maxValue bounds what is held of a file at once: a field, a source or an entry.
// The largest that a board can make, a source with 256 refusals, has a tenth.
const maxValue = 1 << 20

// rationed gives so many bytes, then fails.
type rationed struct {
	io.Reader
	left int
}

var errLong = fmt.Errorf("it is longer than %d bytes", maxValue)

// Read implements io.Reader.
func (r *rationed) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errLong
	}
	n, err := r.Reader.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

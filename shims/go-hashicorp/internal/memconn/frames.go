package memconn

import "encoding/binary"

const headerSize = 12

// frames follows bytes from frame to frame.
type frames struct {
	// header is the part of the current header that has come.
	header []byte
	// body is what is left of the current body, and since is how many bytes of
	// the current frame have come.
	body, since int
	// lost is set behind a header that makes no sense.
	lost bool
}

// incomplete takes bytes in and returns how many bytes at their end, and before
// it, belong to a data frame of which the header is there and the body is not.
func (f *frames) incomplete(bytes []byte) int {
	for len(bytes) > 0 && !f.lost {
		if f.body > 0 {
			n := min(f.body, len(bytes))
			f.body, f.since, bytes = f.body-n, f.since+n, bytes[n:]
			continue
		}
		if len(f.header) == headerSize {
			f.header, f.since = f.header[:0], 0
		}
		n := min(headerSize-len(f.header), len(bytes))
		f.header = append(f.header, bytes[:n]...)
		f.since, bytes = f.since+n, bytes[n:]
		if len(f.header) < headerSize {
			continue
		}
		const data, goAway = 0, 3
		f.lost = f.header[0] != 0 || f.header[1] > goAway
		if f.header[1] == data {
			f.body = int(binary.BigEndian.Uint32(f.header[8:]))
		}
	}
	if f.lost || f.body == 0 {
		return 0
	}
	return f.since
}

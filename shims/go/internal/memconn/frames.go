package memconn

import "encoding/binary"

const headerSize = 12

// The types of frames.
const (
	data   = 0
	ping   = 2
	goAway = 3
)

// frames follows bytes from frame to frame.
type frames struct {
	// at is how many bytes have come.
	at int
	// header is the part of the current header that has come, and body is what
	// is left of the current body.
	header []byte
	body   int
	// isLost is set behind a header that makes no sense.
	isLost bool
}

// follow takes bytes in and appends to stops how many bytes had come behind
// each ping, and behind the last whole frame or part of a header. What follows
// a header that makes no sense is no frame: there the stop is at its end.
func (f *frames) follow(stops []int, bytes []byte) []int {
	whole, stop := f.at, f.at
	for len(bytes) > 0 {
		n := len(bytes)
		isPing := false
		switch {
		case f.isLost:
		case f.body > 0:
			n = min(f.body, n)
			f.body -= n
		default:
			n = min(headerSize-len(f.header), n)
			if f.header = append(f.header, bytes[:n]...); len(f.header) == headerSize {
				isPing = f.begin() == ping
			}
		}
		f.at, bytes = f.at+n, bytes[n:]
		if f.body == 0 {
			whole = f.at
		}
		if isPing {
			stops = append(stops, whole)
			stop = whole
		}
	}
	if whole > stop {
		stops = append(stops, whole)
	}
	return stops
}

// begin looks at a header that is complete, and returns its type.
func (f *frames) begin() byte {
	version, kind := f.header[0], f.header[1]
	f.isLost = version != 0 || kind > goAway
	if kind == data && !f.isLost {
		f.body = int(binary.BigEndian.Uint32(f.header[8:]))
	}
	f.header = f.header[:0]
	return kind
}

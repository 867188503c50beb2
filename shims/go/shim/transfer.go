package shim

import (
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"sync"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/internal/pattern"
)

const (
	// mostBytes bounds the one buffer that a call needs.
	mostBytes = 1 << 28
	// usualChunk is the buffer of a read to the end that names none.
	usualChunk = 64 << 10
)

// buffers are reused: the library has copied or sent what was written when
// Write returns, whatever Write says.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// withBuffer calls use with a buffer of size bytes of any content.
func withBuffer(size uint64, use func([]byte) control.Answer) control.Answer {
	kept := buffers.Get().(*[]byte)
	defer buffers.Put(kept)
	if uint64(cap(*kept)) < size {
		*kept = make([]byte, size)
	}
	return use((*kept)[:size])
}

// A transfer counts what a read or write has moved.
type transfer struct {
	bytes uint64
	crc   uint32
}

func write(s *session, r *control.Request) (call, error) {
	stream, err := s.stream(r.Stream)
	if err != nil {
		return nil, err
	}
	bytes, times, err := amount(r)
	if err != nil {
		return nil, err
	}
	return stream.writes.put(func() control.Answer {
		return withBuffer(bytes, func(buf []byte) control.Answer {
			var done transfer
			for left := times; left > 0; left-- {
				pattern.Fill(buf, r.Seed, r.Offset+done.bytes)
				n, err := stream.running.Write(buf)
				// What still looks at it now sends other bytes than were written.
				clear(buf)
				done.bytes += uint64(n)
				if err != nil {
					return s.failed(&done, err, false)
				}
				if n > 0 && left > 1 {
					s.out.Progress(*r.ID, done.bytes)
				}
			}
			return control.OK(struct {
				Bytes uint64 `json:"bytes"`
			}{done.bytes})
		})
	}), nil
}

func read(s *session, r *control.Request) (call, error) {
	stream, err := s.stream(r.Stream)
	if err != nil {
		return nil, err
	}
	if r.ToEnd {
		chunk := uint64(usualChunk)
		if r.Chunk != nil {
			chunk = *r.Chunk
		}
		if chunk == 0 || chunk > mostBytes {
			return nil, fmt.Errorf("chunk must be 1 to %d bytes, found %d", mostBytes, chunk)
		}
		return stream.reads.put(func() control.Answer { return s.readToEnd(*r.ID, stream, chunk) }), nil
	}
	bytes, times, err := amount(r)
	if err != nil {
		return nil, err
	}
	return stream.reads.put(func() control.Answer { return s.readExactly(*r.ID, stream, bytes, times) }), nil
}

// readExactly reads bytes bytes, times times, never into more than what is
// left of the current one.
func (s *session) readExactly(id uint64, from *stream, bytes, times uint64) control.Answer {
	return withBuffer(bytes, func(buf []byte) control.Answer {
		var done transfer
		// A read of no bytes is a call of the library too.
		for left := times; bytes == 0 && left > 0; left-- {
			if _, err := from.running.Read(buf); err != nil {
				return s.failed(&done, err, true)
			}
		}
		for total := bytes * times; done.bytes < total; {
			left := bytes - done.bytes%bytes
			n, err := from.running.Read(buf[:left])
			done.add(buf[:n])
			if err != nil {
				return s.failed(&done, err, true)
			}
			if n > 0 && done.bytes < total {
				s.out.Progress(id, done.bytes)
			}
		}
		return done.read()
	})
}

func (s *session) readToEnd(id uint64, from *stream, chunk uint64) control.Answer {
	return withBuffer(chunk, func(buf []byte) control.Answer {
		var done transfer
		for {
			n, err := from.running.Read(buf)
			done.add(buf[:n])
			switch {
			case err == io.EOF:
				return done.read()
			case err != nil:
				return s.failed(&done, err, true)
			case n > 0:
				s.out.Progress(id, done.bytes)
			}
		}
	})
}

func (t *transfer) add(moved []byte) {
	t.bytes += uint64(len(moved))
	t.crc = crc32.Update(t.crc, crc32.IEEETable, moved)
}

// read is the answer of a read that got all it wanted.
func (t *transfer) read() control.Answer {
	return control.OK(struct {
		Bytes uint64 `json:"bytes"`
		CRC32 uint32 `json:"crc32"`
	}{t.bytes, t.crc})
}

// failed is the answer of a call that ended early.
func (s *session) failed(done *transfer, err error, withCRC bool) control.Answer {
	failure := s.failure(err)
	failure.Bytes = &done.bytes
	if withCRC {
		failure.CRC32 = &done.crc
	}
	return control.Err(failure)
}

// amount returns how much a request is about: bytes, times times (1 if absent).
func amount(r *control.Request) (bytes, times uint64, err error) {
	if r.Bytes == nil {
		return 0, 0, errMissing("bytes")
	}
	times = 1
	if r.Times != nil {
		times = *r.Times
	}
	if *r.Bytes > mostBytes || times > math.MaxUint32 {
		return 0, 0, fmt.Errorf("%d bytes %d times is too much: at most %d and %d", *r.Bytes, times, mostBytes, uint32(math.MaxUint32))
	}
	return *r.Bytes, times, nil
}

package main

import (
	"hash/crc32"
	"io"
)

func write(to *libraryStream, r *request) (fields, error) {
	buf := make([]byte, *r.Bytes)
	done := uint64(0)
	for left := timesOf(r); left > 0; left-- {
		fill(buf, r.Seed, r.Offset+done)
		n, err := to.write(buf)
		done += uint64(n)
		if err != nil {
			return nil, failure{err, fields{"bytes": done}}
		}
		if left > 1 {
			say(fields{"event": "progress", "of": *r.ID, "bytes": done})
		}
	}
	return fields{"bytes": done}, nil
}

func read(from *libraryStream, r *request) (fields, error) {
	size := uint64(1 << 16)
	total := uint64(1 << 63)
	if !r.ToEnd {
		size = uint64(*r.Bytes)
		total = size * timesOf(r)
	} else if r.Chunk != nil {
		size = uint64(*r.Chunk)
	}
	buf := make([]byte, size)
	done, sum := uint64(0), uint32(0)
	for done < total {
		room := buf
		if !r.ToEnd {
			// Not one byte more than what is left of this read.
			room = buf[:size-done%size]
		}
		n, err := from.read(room)
		done, sum = done+uint64(n), crc32.Update(sum, crc32.IEEETable, room[:n])
		if err == io.EOF && r.ToEnd {
			break
		}
		if err != nil {
			return nil, failure{err, fields{"bytes": done, "crc32": sum}}
		}
		if n > 0 && done < total {
			say(fields{"event": "progress", "of": *r.ID, "bytes": done})
		}
	}
	return fields{"bytes": done, "crc32": sum}, nil
}

func timesOf(r *request) uint64 {
	if r.Times == nil {
		return 1
	}
	return uint64(*r.Times)
}

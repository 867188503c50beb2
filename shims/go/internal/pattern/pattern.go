// Package pattern makes the payload that scenarios write: every byte follows
// from a seed and its offset, so that a lost, doubled, swapped or foreign byte
// changes the checksum at the reader.
package pattern

import "encoding/binary"

// step separates the words of a pattern: word i is mix(seed + i*step).
const step = 0x9E3779B9

// Fill fills buf with the pattern of seed from offset (in bytes) on.
//
// Byte i of a pattern is byte i%4, least significant first, of
// mix(seed + i/4*step) in 32 bits.
func Fill(buf []byte, seed uint32, offset uint64) {
	// Only the low 32 bits of a word's number count.
	word := uint32(offset / 4)
	if skip := int(offset % 4); skip > 0 {
		var first [4]byte
		binary.LittleEndian.PutUint32(first[:], mix(seed+word*step))
		buf = buf[copy(buf, first[skip:]):]
		word++
	}
	for len(buf) >= 4 {
		binary.LittleEndian.PutUint32(buf, mix(seed+word*step))
		buf = buf[4:]
		word++
	}
	if len(buf) > 0 {
		var last [4]byte
		binary.LittleEndian.PutUint32(last[:], mix(seed+word*step))
		copy(buf, last[:])
	}
}

// mix is a bijection of the 32-bit numbers in which every bit of the input
// moves about half the bits of the output.
func mix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x7FEB352D
	x ^= x >> 15
	x *= 0x846CA68B
	return x ^ x>>16
}

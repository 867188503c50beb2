package main

// fill writes the payload pattern of docs/writing-a-shim.md into buf, from
// offset on.
func fill(buf []byte, seed uint32, offset uint64) {
	for i := range buf {
		at := offset + uint64(i)
		word := mix(seed + uint32(at/4)*0x9E3779B9)
		buf[i] = byte(word >> (8 * (at % 4)))
	}
}

func mix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x7FEB352D
	x ^= x >> 15
	x *= 0x846CA68B
	return x ^ x>>16
}

package pattern

import (
	"bytes"
	"encoding/hex"
	"hash/crc32"
	"testing"
)

func TestTheFirst64KiBOfSeed1AreThoseOfEveryShim(t *testing.T) {
	buf := make([]byte, 65536)
	Fill(buf, 1, 0)
	if got, want := crc32.ChecksumIEEE(buf), uint32(81229191); got != want {
		t.Errorf("crc32 is %d, want %d", got, want)
	}
}

// The other vectors of docs/writing-a-shim.md.
func TestAPatternCanBeginInsideAWord(t *testing.T) {
	for _, vector := range []struct {
		seed   uint32
		offset uint64
		want   string
	}{
		{1, 0, "c09089683456509f"},
		{7, 65533, "cc88122e1e12580f"},
	} {
		buf := make([]byte, 8)
		Fill(buf, vector.seed, vector.offset)
		if got := hex.EncodeToString(buf); got != vector.want {
			t.Errorf("seed %d from %d on begins %s, want %s", vector.seed, vector.offset, got, vector.want)
		}
	}
	buf := make([]byte, 100_000)
	Fill(buf, 7, 65533)
	if got := crc32.ChecksumIEEE(buf); got != 2492884655 {
		t.Errorf("crc32 is %d, want 2492884655", got)
	}
}

func TestAnyCutOfAPatternIsThePattern(t *testing.T) {
	whole := make([]byte, 200)
	Fill(whole, 7, 0)
	for offset := range 60 {
		for length := range 60 {
			cut := make([]byte, length)
			Fill(cut, 7, uint64(offset))
			if !bytes.Equal(cut, whole[offset:offset+length]) {
				t.Fatalf("%d bytes from %d on differ from the whole", length, offset)
			}
		}
	}
}

func TestWordNumbersWrapAt32Bits(t *testing.T) {
	const round = uint64(4) << 32
	first, again := make([]byte, 16), make([]byte, 16)
	Fill(first, 3, 5)
	Fill(again, 3, round+5)
	if !bytes.Equal(first, again) {
		t.Errorf("a pattern does not repeat after %d bytes", round)
	}
}

func TestSeedsDiffer(t *testing.T) {
	one, two := make([]byte, 64), make([]byte, 64)
	Fill(one, 1, 0)
	Fill(two, 2, 0)
	if bytes.Equal(one, two) {
		t.Error("seeds 1 and 2 give the same bytes")
	}
}

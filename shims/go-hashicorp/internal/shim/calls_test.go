package shim

import (
	"fmt"
	"hash/crc32"
	"io"
	"testing"
	"time"

	"github.com/hashicorp/yamux"

	"yamux-conform/shims/go-hashicorp/internal/pattern"
)

func payload(seed uint32, offset uint64, size int) []byte {
	buf := make([]byte, size)
	pattern.Fill(buf, seed, offset)
	return buf
}

func TestWhatIsWrittenIsThePatternFromItsOffset(t *testing.T) {
	h := newHarness(t)
	a := h.stream(h.pair("s1", "client", nil, nil), "s1", "a")
	if done := h.ok("write", fields{"session": "s1", "stream": "a", "bytes": 1001, "times": 3, "seed": 9, "offset": 6}); done["bytes"] != 3003 {
		t.Errorf("%d bytes written, want 3003", done["bytes"])
	}
	got := make([]byte, 3003)
	if _, err := io.ReadFull(a, got); err != nil {
		t.Fatal(err)
	}
	if string(got) != string(payload(9, 6, 3003)) {
		t.Error("what came is not the pattern of seed 9 from 6 on")
	}
	for bytes, want := range map[uint64]int{1001: 1, 2002: 1, 3003: 0} {
		if got := h.count(func(e reply) bool { return e.Event == "progress" && e.Bytes == bytes }); got != want {
			t.Errorf("%d events say that %d bytes are written, want %d", got, bytes, want)
		}
	}
}

func TestAReadTellsCountAndChecksum(t *testing.T) {
	h := newHarness(t)
	peer := h.pair("s1", "server", nil, nil)
	accepting := h.ask("accept", fields{"session": "s1", "stream": "a"})
	a, err := peer.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	if number := h.done(accepting)["stream_number"]; number != 1 {
		t.Errorf("accepted stream %d, want 1", number)
	}
	all := payload(4, 0, 100_000)
	reading := h.ask("read", fields{"session": "s1", "stream": "a", "bytes": 10_000, "times": 3})
	rest := h.ask("read", fields{"session": "s1", "stream": "a", "to_end": true, "chunk": 777})
	if _, err := a.Write(all); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		id  uint64
		was []byte
	}{{reading, all[:30_000]}, {rest, all[30_000:]}} {
		done := h.done(part.id)
		if done["bytes"] != uint64(len(part.was)) || done["crc32"] != uint64(crc32.ChecksumIEEE(part.was)) {
			t.Errorf("read %v, want %d bytes with crc32 %d", done, len(part.was), crc32.ChecksumIEEE(part.was))
		}
	}
	h.event("progress", func(e reply) bool { return e.Of == reading && e.Bytes == 10_000 })
}

func TestAnExactReadTakesNoByteMore(t *testing.T) {
	h := newHarness(t)
	a := h.stream(h.pair("s1", "client", nil, nil), "s1", "a")
	all := payload(2, 0, 20)
	first := h.ask("read", fields{"session": "s1", "stream": "a", "bytes": 10})
	if _, err := a.Write(all[:4]); err != nil {
		t.Fatal(err)
	}
	h.event("progress", func(e reply) bool { return e.Of == first && e.Bytes == 4 })
	if _, err := a.Write(all[4:]); err != nil {
		t.Fatal(err)
	}
	second := h.ask("read", fields{"session": "s1", "stream": "a", "bytes": 10})
	for i, id := range []uint64{first, second} {
		want := crc32.ChecksumIEEE(all[i*10 : i*10+10])
		if done := h.done(id); done["bytes"] != 10 || done["crc32"] != uint64(want) {
			t.Errorf("read %v, want 10 bytes with crc32 %d", done, want)
		}
	}
}

func TestAnEarlyEndOfStreamIsEOFWithWhatCame(t *testing.T) {
	h := newHarness(t)
	a := h.stream(h.pair("s1", "client", nil, nil), "s1", "a")
	if _, err := a.Write(payload(1, 0, 10)); err != nil {
		t.Fatal(err)
	}
	_ = a.Close()
	failed := h.fails(h.ask("read", fields{"session": "s1", "stream": "a", "bytes": 11}), "eof")
	if *failed.Bytes != 10 || *failed.CRC32 != crc32.ChecksumIEEE(payload(1, 0, 10)) {
		t.Errorf("failed after %d bytes with crc32 %d", *failed.Bytes, *failed.CRC32)
	}
}

func TestHalfCloseEndsWritingAndReadingGoesOn(t *testing.T) {
	h := newHarness(t)
	a := h.stream(h.pair("s1", "client", nil, nil), "s1", "a")
	h.ok("half_close", fields{"session": "s1", "stream": "a"})
	if n, err := a.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer read %d bytes, %v; want the end of the stream", n, err)
	}
	failed := h.fails(h.ask("write", fields{"session": "s1", "stream": "a", "bytes": 5}), "stream_closed")
	if *failed.Bytes != 0 {
		t.Errorf("%d bytes were written after the half-close", *failed.Bytes)
	}
	if _, err := a.Write([]byte("still")); err != nil {
		t.Fatal(err)
	}
	h.ok("read", fields{"session": "s1", "stream": "a", "bytes": 5})
}

func TestAStalledWriteEndsWhenTheCloserTimesOut(t *testing.T) {
	h := newHarness(t)
	peer := h.pair("s1", "client", nil, func(c *yamux.Config) { c.StreamCloseTimeout = 100 * time.Millisecond })
	a := h.stream(peer, "s1", "a")
	writing := h.ask("write", fields{"session": "s1", "stream": "a", "bytes": 64 << 10, "times": 10, "seed": 1})
	for range 5 {
		if _, err := io.ReadFull(a, make([]byte, 64<<10)); err != nil {
			t.Fatal(err)
		}
	}
	// The window is used up again before the close: eight messages are taken.
	h.event("progress", func(e reply) bool { return e.Of == writing && e.Bytes == 8*64<<10 })
	closed := time.Now()
	_ = a.Close()
	failed := h.fails(writing, "stream_reset")
	if *failed.Bytes != 524288 || failed.Native != "connection reset" {
		t.Errorf("failed with %q after %d bytes, want connection reset after 524288", failed.Native, *failed.Bytes)
	}
	if took := time.Since(closed); took < 100*time.Millisecond {
		t.Errorf("the write ended %v after the close, before the close timeout", took)
	}
}

func TestADeadlineEndsABlockedReadAndCanBeCleared(t *testing.T) {
	h := newHarness(t)
	a := h.stream(h.pair("s1", "client", nil, nil), "s1", "a")
	h.ok("set_deadline", fields{"session": "s1", "stream": "a", "read_us": 20_000})
	if failed := h.fails(h.ask("read", fields{"session": "s1", "stream": "a", "bytes": 1}), "deadline"); *failed.Bytes != 0 {
		t.Errorf("failed after %d bytes", *failed.Bytes)
	}
	h.ok("write", fields{"session": "s1", "stream": "a", "bytes": 1})
	h.ok("set_deadline", fields{"session": "s1", "stream": "a", "read_us": nil, "write_us": 5_000})
	reading := h.ask("read", fields{"session": "s1", "stream": "a", "bytes": 1})
	failed := h.fails(h.ask("write", fields{"session": "s1", "stream": "a", "bytes": 1 << 20}), "deadline")
	if *failed.Bytes != 256<<10-1 {
		t.Errorf("%d bytes were written before the deadline, want the rest of the window", *failed.Bytes)
	}
	if _, err := a.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	h.done(reading)
}

func TestWritesOfOneStreamKeepTheOrderOfTheirRequests(t *testing.T) {
	h := newHarness(t)
	a := h.stream(h.pair("s1", "client", nil, nil), "s1", "a")
	const writes = 200
	for i := range writes {
		h.ask("write", fields{"session": "s1", "stream": "a", "bytes": 100, "seed": 5, "offset": i * 100})
	}
	got := make([]byte, writes*100)
	if _, err := io.ReadFull(a, got); err != nil {
		t.Fatal(err)
	}
	if string(got) != string(payload(5, 0, len(got))) {
		t.Error("pipelined writes came in another order")
	}
}

func TestADroppedLabelIsFreeAndTheStreamLeftAlone(t *testing.T) {
	h := newHarness(t)
	peer := h.pair("s1", "client", nil, nil)
	h.stream(peer, "s1", "a")
	h.ok("drop", fields{"session": "s1", "stream": "a"})
	h.stream(peer, "s1", "a")
	if streams := h.ok("count_streams", fields{"session": "s1"})["streams"]; streams != 2 {
		t.Errorf("%d streams, want the dropped one and its namesake", streams)
	}
}

func TestAfterAGoAwayThePeerOpensNothing(t *testing.T) {
	h := newHarness(t)
	peer := h.pair("s1", "client", nil, nil)
	if err := peer.GoAway(); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Ping(); err != nil {
		t.Fatal(err)
	}
	h.fails(h.ask("open", fields{"session": "s1", "stream": "a"}), "remote_go_away")
	h.ok("go_away", fields{"session": "s1"})
	h.ok("ping", fields{"session": "s1"})
}

func TestManySessionsRunAtOnce(t *testing.T) {
	h := newHarness(t)
	const sessions = 64
	var writing, reading [sessions]uint64
	for i := range sessions {
		name := fmt.Sprintf("s%d", i)
		side := []string{"client", "server"}[i%2]
		a := h.stream(h.pair(name, side, nil, nil), name, "a")
		go func() { _, _ = io.Copy(a, a) }()
		size := 100_000 + i
		writing[i] = h.ask("write", fields{"session": name, "stream": "a", "bytes": size, "seed": i})
		reading[i] = h.ask("read", fields{"session": name, "stream": "a", "bytes": size})
	}
	for i := range sessions {
		h.done(writing[i])
		want := crc32.ChecksumIEEE(payload(uint32(i), 0, 100_000+i))
		if got := h.done(reading[i])["crc32"]; got != uint64(want) {
			t.Errorf("session %d read back crc32 %d, want %d", i, got, want)
		}
	}
}

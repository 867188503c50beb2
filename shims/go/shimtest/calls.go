package shimtest

import (
	"fmt"
	"hash/crc32"
	"io"

	"yamux-conform/shims/go/internal/pattern"
)

func payload(seed uint32, offset uint64, size int) []byte {
	buf := make([]byte, size)
	pattern.Fill(buf, seed, offset)
	return buf
}

func whatIsWrittenIsThePatternFromItsOffset(h *Harness) {
	a := h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	if done := h.OK("write", Fields{"session": "s1", "stream": "a", "bytes": 1001, "times": 3, "seed": 9, "offset": 6}); done["bytes"] != 3003 {
		h.t.Errorf("%d bytes written, want 3003", done["bytes"])
	}
	got := make([]byte, 3003)
	if _, err := io.ReadFull(a, got); err != nil {
		h.t.Fatal(err)
	}
	if string(got) != string(payload(9, 6, 3003)) {
		h.t.Error("what came is not the pattern of seed 9 from 6 on")
	}
	for bytes, want := range map[uint64]int{1001: 1, 2002: 1, 3003: 0} {
		if got := h.Count(func(e Reply) bool { return e.Event == "progress" && e.Bytes == bytes }); got != want {
			h.t.Errorf("%d events say that %d bytes are written, want %d", got, bytes, want)
		}
	}
}

func aReadTellsCountAndChecksum(h *Harness) {
	peer := h.Pair("s1", "server", nil)
	accepting := h.Ask("accept", Fields{"session": "s1", "stream": "a"})
	a, err := peer.Open()
	if err != nil {
		h.t.Fatal(err)
	}
	if number := h.Done(accepting)["stream_number"]; number != 1 {
		h.t.Errorf("accepted stream %d, want 1", number)
	}
	all := payload(4, 0, 100_000)
	reading := h.Ask("read", Fields{"session": "s1", "stream": "a", "bytes": 10_000, "times": 3})
	rest := h.Ask("read", Fields{"session": "s1", "stream": "a", "to_end": true, "chunk": 777})
	if _, err := a.Write(all); err != nil {
		h.t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		h.t.Fatal(err)
	}
	for _, part := range []struct {
		id  uint64
		was []byte
	}{{reading, all[:30_000]}, {rest, all[30_000:]}} {
		done := h.Done(part.id)
		if done["bytes"] != uint64(len(part.was)) || done["crc32"] != uint64(crc32.ChecksumIEEE(part.was)) {
			h.t.Errorf("read %v, want %d bytes with crc32 %d", done, len(part.was), crc32.ChecksumIEEE(part.was))
		}
	}
	h.Event("progress", func(e Reply) bool { return e.Of == reading && e.Bytes == 10_000 })
}

func anExactReadTakesNoByteMore(h *Harness) {
	a := h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	all := payload(2, 0, 20)
	first := h.Ask("read", Fields{"session": "s1", "stream": "a", "bytes": 10})
	if _, err := a.Write(all[:4]); err != nil {
		h.t.Fatal(err)
	}
	h.Event("progress", func(e Reply) bool { return e.Of == first && e.Bytes == 4 })
	if _, err := a.Write(all[4:]); err != nil {
		h.t.Fatal(err)
	}
	second := h.Ask("read", Fields{"session": "s1", "stream": "a", "bytes": 10})
	for i, id := range []uint64{first, second} {
		want := crc32.ChecksumIEEE(all[i*10 : i*10+10])
		if done := h.Done(id); done["bytes"] != 10 || done["crc32"] != uint64(want) {
			h.t.Errorf("read %v, want 10 bytes with crc32 %d", done, want)
		}
	}
}

func anEarlyEndOfStreamIsEOFWithWhatCame(h *Harness) {
	a := h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	if _, err := a.Write(payload(1, 0, 10)); err != nil {
		h.t.Fatal(err)
	}
	_ = a.Close()
	failed := h.Fails(h.Ask("read", Fields{"session": "s1", "stream": "a", "bytes": 11}), "eof")
	if *failed.Bytes != 10 || *failed.CRC32 != crc32.ChecksumIEEE(payload(1, 0, 10)) {
		h.t.Errorf("failed after %d bytes with crc32 %d", *failed.Bytes, *failed.CRC32)
	}
}

func halfCloseEndsWritingAndReadingGoesOn(h *Harness) {
	a := h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	h.OK("half_close", Fields{"session": "s1", "stream": "a"})
	if n, err := a.Read(make([]byte, 1)); err != io.EOF {
		h.t.Errorf("the peer read %d bytes, %v; want the end of the stream", n, err)
	}
	failed := h.Fails(h.Ask("write", Fields{"session": "s1", "stream": "a", "bytes": 5}), "stream_closed")
	if *failed.Bytes != 0 {
		h.t.Errorf("%d bytes were written after the half-close", *failed.Bytes)
	}
	if _, err := a.Write([]byte("still")); err != nil {
		h.t.Fatal(err)
	}
	h.OK("read", Fields{"session": "s1", "stream": "a", "bytes": 5})
}

func aDeadlineEndsABlockedReadAndCanBeCleared(h *Harness) {
	a := h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	h.OK("set_deadline", Fields{"session": "s1", "stream": "a", "read_us": 20_000})
	if failed := h.Fails(h.Ask("read", Fields{"session": "s1", "stream": "a", "bytes": 1}), "deadline"); *failed.Bytes != 0 {
		h.t.Errorf("failed after %d bytes", *failed.Bytes)
	}
	h.OK("write", Fields{"session": "s1", "stream": "a", "bytes": 1})
	h.OK("set_deadline", Fields{"session": "s1", "stream": "a", "read_us": nil, "write_us": 50_000})
	reading := h.Ask("read", Fields{"session": "s1", "stream": "a", "bytes": 1})
	failed := h.Fails(h.Ask("write", Fields{"session": "s1", "stream": "a", "bytes": 1 << 20}), "deadline")
	if *failed.Bytes != 256<<10-1 {
		h.t.Errorf("%d bytes were written before the deadline, want the rest of the window", *failed.Bytes)
	}
	if _, err := a.Write([]byte{0}); err != nil {
		h.t.Fatal(err)
	}
	h.Done(reading)
}

func writesOfOneStreamKeepTheOrderOfTheirRequests(h *Harness) {
	a := h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	const writes = 200
	for i := range writes {
		h.Ask("write", Fields{"session": "s1", "stream": "a", "bytes": 100, "seed": 5, "offset": i * 100})
	}
	got := make([]byte, writes*100)
	if _, err := io.ReadFull(a, got); err != nil {
		h.t.Fatal(err)
	}
	if string(got) != string(payload(5, 0, len(got))) {
		h.t.Error("pipelined writes came in another order")
	}
}

func aDroppedLabelIsFreeAndTheStreamLeftAlone(h *Harness) {
	if _, lacks := h.library.Unsupported["drop"]; lacks {
		return
	}
	peer := h.Pair("s1", "client", nil)
	h.Stream(peer, "s1", "a")
	h.OK("drop", Fields{"session": "s1", "stream": "a"})
	h.Stream(peer, "s1", "a")
	if streams := h.OK("count_streams", Fields{"session": "s1"})["streams"]; streams != 2 {
		h.t.Errorf("%d streams, want the dropped one and its namesake", streams)
	}
}

func manySessionsRunAtOnce(h *Harness) {
	const sessions = 64
	var writing, reading [sessions]uint64
	for i := range sessions {
		name := fmt.Sprintf("s%d", i)
		side := []string{"client", "server"}[i%2]
		a := h.Stream(h.Pair(name, side, nil), name, "a")
		go func() { _, _ = io.Copy(a, a) }()
		size := 100_000 + i
		writing[i] = h.Ask("write", Fields{"session": name, "stream": "a", "bytes": size, "seed": i})
		reading[i] = h.Ask("read", Fields{"session": name, "stream": "a", "bytes": size})
	}
	for i := range sessions {
		h.Done(writing[i])
		want := crc32.ChecksumIEEE(payload(uint32(i), 0, 100_000+i))
		if got := h.Done(reading[i])["crc32"]; got != uint64(want) {
			h.t.Errorf("session %d read back crc32 %d, want %d", i, got, want)
		}
	}
}

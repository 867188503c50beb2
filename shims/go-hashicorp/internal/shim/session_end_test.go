package shim

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/yamux"
)

func (h *harness) sessionEnd(session string) reply {
	h.t.Helper()
	return h.event("session_end", func(e reply) bool { return e.Session == session })
}

func TestTheEndOfASessionIsReportedWithItsCause(t *testing.T) {
	const (
		syn     = "\x00\x01\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00"
		data    = "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x04\x00\x01"
		wrong   = "\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		unknown = "\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		goAway1 = "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
		goAway2 = "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		goAway9 = "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"
	)
	h := newHarness(t)
	for i, test := range []struct{ bytes, class, native string }{
		{wrong, "protocol", "invalid protocol version"},
		{unknown, "protocol", "invalid msg type"},
		{syn + syn, "protocol", "duplicate stream initiated"},
		{syn + data, "window_exceeded", "recv window exceeded"},
		{goAway1, "remote_go_away", "yamux protocol error"},
		{goAway2, "remote_go_away", "remote yamux internal error"},
		{goAway9, "remote_go_away", "unexpected go away received"},
		{"", "eof", "EOF"},
		{syn, "eof", "EOF"},
		{syn[:5], "transport", "unexpected EOF"},
	} {
		name := fmt.Sprintf("s%d", i)
		conn := h.connect(name, "server", nil)
		if _, err := conn.Write([]byte(test.bytes)); err != nil {
			t.Fatal(err)
		}
		if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got := h.sessionEnd(name); got.Class != test.class || got.Native != test.native {
			t.Errorf("after %q the session ended with %s (%s), want %s (%s)", test.bytes, got.Class, got.Native, test.class, test.native)
		}
	}
}

func TestTheCauseIsFoundBehindStreamsNobodyAccepted(t *testing.T) {
	h := newHarness(t)
	for round := range 40 {
		name := fmt.Sprintf("s%d", round)
		conn := h.connect(name, "server", fields{"accept_backlog": 32})
		var frames []byte
		for id := byte(1); id < 64; id += 2 {
			frames = append(frames, 0, 1, 0, 1, 0, 0, 0, id, 0, 0, 0, 0)
		}
		frames = append(frames, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		if _, err := conn.Write(frames); err != nil {
			t.Fatal(err)
		}
		if got := h.sessionEnd(name); got.Class != "protocol" {
			t.Fatalf("in round %d the session ended with %s (%s)", round, got.Class, got.Native)
		}
	}
}

func TestAnUnansweredKeepAliveEndsTheSession(t *testing.T) {
	h := newHarness(t)
	// Nobody reads at the other end, so no ping is answered.
	h.connect("s1", "client", fields{"keep_alive_interval_us": 10_000, "connection_write_timeout_us": 50_000})
	if got := h.sessionEnd("s1"); got.Class != "keepalive_timeout" {
		t.Errorf("ended with %s (%s)", got.Class, got.Native)
	}
	h.event("log", func(e reply) bool {
		return e.Session == "s1" && e.Text == "[ERR] yamux: keepalive failed: i/o deadline reached"
	})
}

func TestClosingTheSessionEndsItsCalls(t *testing.T) {
	h := newHarness(t)
	peer := h.pair("s1", "client", nil, nil)
	h.stream(peer, "s1", "a")
	reading := h.ask("read", fields{"session": "s1", "stream": "a", "bytes": 1})
	writing := h.ask("write", fields{"session": "s1", "stream": "a", "bytes": 1 << 20})
	accepting := h.ask("accept", fields{"session": "s1", "stream": "b"})
	h.ok("close_session", fields{"session": "s1"})
	h.fails(reading, "eof")
	h.fails(accepting, "session_shutdown")
	if got := h.answer(writing).Err; got == nil || got.Class != "stream_closed" && got.Class != "session_shutdown" {
		t.Errorf("the write ended with %+v", got)
	}
	if got := h.sessionEnd("s1"); got.Class != "session_shutdown" {
		t.Errorf("ended with %s (%s)", got.Class, got.Native)
	}
}

func TestEndWaitsForPendingCallsAndFreesTheName(t *testing.T) {
	h := newHarness(t)
	for range 20 {
		peer := h.pair("s1", "client", nil, nil)
		h.stream(peer, "s1", "a")
		var pending []uint64
		for range 8 {
			pending = append(pending, h.ask("read", fields{"session": "s1", "stream": "a", "bytes": 1}))
		}
		h.ok("end", fields{"session": "s1"})
		ends := h.count(func(e reply) bool { return e.Event == "session_end" })
		h.mu.Lock()
		for _, id := range pending {
			if _, answered := h.answers[id]; !answered {
				t.Errorf("end was answered before request %d", id)
			}
		}
		h.events = nil
		h.mu.Unlock()
		if ends != 1 {
			t.Errorf("%d session_end events came before the answer to end, want 1", ends)
		}
	}
}

func TestTwoSessionsOfOneShimCanTalkToEachOther(t *testing.T) {
	h := newHarness(t)
	client, server := h.connect("c", "client", nil), h.connect("s", "server", nil)
	splice(client, server)
	accepting := h.ask("accept", fields{"session": "s", "stream": "a"})
	h.ok("open", fields{"session": "c", "stream": "a"})
	h.done(accepting)
	reading := h.ask("read", fields{"session": "s", "stream": "a", "to_end": true})
	h.ok("write", fields{"session": "c", "stream": "a", "bytes": 65536, "times": 20, "seed": 1})
	h.ok("half_close", fields{"session": "c", "stream": "a"})
	if got := h.done(reading); got["bytes"] != 20*65536 {
		t.Errorf("read %v", got)
	}
}

func TestAnOpenNobodyAcknowledgesEndsTheSession(t *testing.T) {
	h := newHarness(t)
	began := time.Now()
	h.pair("s1", "client", fields{"stream_open_timeout_us": 30_000}, func(c *yamux.Config) {})
	h.ok("open", fields{"session": "s1", "stream": "a"})
	if got := h.sessionEnd("s1"); got.Class != "session_shutdown" || time.Since(began) < 30*time.Millisecond {
		t.Errorf("ended with %s after %v", got.Class, time.Since(began))
	}
}

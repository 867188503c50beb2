package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shimtest"
)

func TestTheShim(t *testing.T) { shimtest.Run(t, &hashicorp) }

func TestTheEndOfASessionIsReportedWithItsCause(t *testing.T) {
	const (
		syn     = "\x00\x01\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00"
		data    = "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x04\x00\x01"
		wrong   = "\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		unknown = "\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		goAway  = "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	)
	for _, test := range []struct{ bytes, class, native string }{
		{wrong, "protocol", "invalid protocol version"},
		{unknown, "protocol", "invalid msg type"},
		{syn + syn, "protocol", "duplicate stream initiated"},
		{syn + data, "window_exceeded", "recv window exceeded"},
		{goAway + "\x01", "remote_go_away", "yamux protocol error"},
		{goAway + "\x02", "remote_go_away", "remote yamux internal error"},
		{goAway + "\x09", "remote_go_away", "unexpected go away received"},
		{"", "eof", "EOF"},
		{syn, "eof", "EOF"},
		{syn[:5], "transport", "unexpected EOF"},
	} {
		shimtest.New(t, &hashicorp).EndsWith("s1", test.bytes, test.class, test.native)
	}
}

func TestAStalledWriteEndsWhenTheCloserTimesOut(t *testing.T) {
	h := shimtest.New(t, &hashicorp)
	timeout := 100 * time.Millisecond
	peer := h.PairWith("s1", "client", nil, library.Settings{StreamCloseTimeout: &timeout})
	a := h.Stream(peer, "s1", "a")
	writing := h.Ask("write", shimtest.Fields{"session": "s1", "stream": "a", "bytes": 64 << 10, "times": 10, "seed": 1})
	for range 5 {
		if _, err := io.ReadFull(a, make([]byte, 64<<10)); err != nil {
			t.Fatal(err)
		}
	}
	// The window is used up again before the close: eight messages are taken.
	h.Event("progress", func(e shimtest.Reply) bool { return e.Of == writing && e.Bytes == 8*64<<10 })
	closed := time.Now()
	_ = a.Close()
	failed := h.Fails(writing, "stream_reset")
	if *failed.Bytes != 524288 || failed.Native != "connection reset" {
		t.Errorf("failed with %q after %d bytes, want connection reset after 524288", failed.Native, *failed.Bytes)
	}
	if took := time.Since(closed); took < timeout {
		t.Errorf("the write ended %v after the close, before the close timeout", took)
	}
}

func TestAfterAGoAwayThePeerOpensNothing(t *testing.T) {
	h := shimtest.New(t, &hashicorp)
	peer := h.Pair("s1", "client", nil)
	if err := peer.GoAway(); err != nil {
		t.Fatal(err)
	}
	if err := peer.Ping(); err != nil {
		t.Fatal(err)
	}
	h.Fails(h.Ask("open", shimtest.Fields{"session": "s1", "stream": "a"}), "remote_go_away")
	h.OK("go_away", shimtest.Fields{"session": "s1"})
	h.OK("ping", shimtest.Fields{"session": "s1"})
}

func TestAnOpenNobodyAcknowledgesEndsTheSession(t *testing.T) {
	h := shimtest.New(t, &hashicorp)
	began := time.Now()
	h.Pair("s1", "client", shimtest.Fields{"stream_open_timeout_us": 30_000})
	h.OK("open", shimtest.Fields{"session": "s1", "stream": "a"})
	if got := h.SessionEnd("s1"); got.Class != "session_shutdown" || time.Since(began) < 30*time.Millisecond {
		t.Errorf("ended with %s after %v", got.Class, time.Since(began))
	}
}

func TestAReadOfAClosedSessionIsEOF(t *testing.T) {
	h := shimtest.New(t, &hashicorp)
	h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	reading := h.Ask("read", shimtest.Fields{"session": "s1", "stream": "a", "bytes": 1})
	h.OK("close_session", shimtest.Fields{"session": "s1"})
	h.Fails(reading, "eof")
}

func TestASettingThatIsNotNamedIsTheLibrarysOwn(t *testing.T) {
	config, err := configOf(library.Settings{}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if config.StreamCloseTimeout != 5*time.Minute || config.StreamOpenTimeout != 75*time.Second || config.EnableKeepAlive {
		t.Errorf("without settings the library is configured so: %+v", *config)
	}
	off := time.Duration(0)
	config, err = configOf(library.Settings{StreamCloseTimeout: &off, StreamOpenTimeout: &off}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if config.StreamCloseTimeout != 0 || config.StreamOpenTimeout != 0 {
		t.Errorf("without timeouts the library is configured so: %+v", *config)
	}
}

// The page on shims shows a run of this one.
func TestTheTranscriptIsWhatThisShimSays(t *testing.T) {
	_, transcript, _ := strings.Cut(shimtest.Document(t), "```text\n")
	transcript, _, _ = strings.Cut(transcript, "\n```")
	shimtest.IsATranscript(t, shimtest.Build(t, "."), strings.Split(transcript, "\n"))
}

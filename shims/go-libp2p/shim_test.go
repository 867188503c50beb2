package main

import (
	"io"
	"testing"
	"time"

	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shimtest"
)

func TestTheShim(t *testing.T) { shimtest.Run(t, &libp2p) }

func TestTheEndOfASessionIsReportedWithItsCause(t *testing.T) {
	const (
		syn     = "\x00\x01\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00"
		even    = "\x00\x01\x00\x01\x00\x00\x00\x02\x00\x00\x00\x00"
		data    = "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x04\x00\x01"
		wrong   = "\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		unknown = "\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		goAway  = "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	)
	for _, test := range []struct{ bytes, class, native string }{
		{wrong, "protocol", "invalid protocol version"},
		{unknown, "protocol", "invalid msg type"},
		{syn + syn, "protocol", "duplicate stream initiated"},
		{even, "protocol", "both yamux endpoints are clients"},
		{syn + data, "window_exceeded", "receive window exceeded (remain: 262144, recv: 262145)"},
		{goAway + "\x00", "remote_go_away", "remote sent go away, code: 0"},
		{goAway + "\x01", "remote_go_away", "remote sent go away, code: 1"},
		{goAway + "\x09", "remote_go_away", "remote sent go away, code: 9"},
		{"", "eof", "EOF"},
		{syn, "eof", "EOF"},
		{syn[:5], "transport", "unexpected EOF"},
	} {
		shimtest.New(t, &libp2p).EndsWith("s1", test.bytes, test.class, test.native)
	}
}

func TestAResetEndsBothEnds(t *testing.T) {
	h := shimtest.New(t, &libp2p)
	a := h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	reading := h.Ask("read", shimtest.Fields{"session": "s1", "stream": "a", "bytes": 1})
	h.OK("reset", shimtest.Fields{"session": "s1", "stream": "a"})
	h.Fails(reading, "stream_reset")
	if _, err := a.Read(make([]byte, 1)); classOf(err) != library.StreamReset {
		t.Errorf("the peer's read ended with %v", err)
	}
}

func TestAFullCloseEndsReadingAndAHalfCloseDoesNot(t *testing.T) {
	h := shimtest.New(t, &libp2p)
	peer := h.Pair("s1", "client", nil)
	for label, op := range map[string]string{"a": "close", "b": "half_close"} {
		a := h.Stream(peer, "s1", label)
		reading := h.Ask("read", shimtest.Fields{"session": "s1", "stream": label, "bytes": 1})
		h.OK(op, shimtest.Fields{"session": "s1", "stream": label})
		if n, err := a.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("after %s the peer read %d bytes, %v; want the end of the stream", op, n, err)
		}
		if _, err := a.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if op == "close" {
			h.Fails(reading, "stream_reset")
		} else {
			h.Done(reading)
		}
	}
}

func TestAGoAwayEndsTheSessionOfThePeer(t *testing.T) {
	h := shimtest.New(t, &libp2p)
	peer := h.Pair("s1", "client", nil)
	h.Stream(peer, "s1", "a")
	reading := h.Ask("read", shimtest.Fields{"session": "s1", "stream": "a", "bytes": 1})
	if err := peer.GoAway(); err != nil {
		t.Fatal(err)
	}
	h.Fails(reading, "remote_go_away")
	if got := h.SessionEnd("s1"); got.Class != "remote_go_away" {
		t.Errorf("ended with %s (%s)", got.Class, got.Native)
	}
	h.Fails(h.Ask("open", shimtest.Fields{"session": "s1", "stream": "b"}), "remote_go_away")
}

func TestSettingsBecomeTheLibrarysConfiguration(t *testing.T) {
	config, err := configOf(library.Settings{}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if config.EnableKeepAlive || config.InitialStreamWindowSize != 256<<10 || config.MaxStreamWindowSize != 16<<20 {
		t.Errorf("without settings the library is configured so: %+v", *config)
	}
	window := uint32(1 << 20)
	config, err = configOf(library.Settings{MaxWindow: &window, KeepAliveInterval: time.Second}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !config.EnableKeepAlive || config.InitialStreamWindowSize != window || config.MaxStreamWindowSize != window {
		t.Errorf("with settings the library is configured so: %+v", *config)
	}
}

func TestCodesReachTheOtherEnd(t *testing.T) {
	h := shimtest.New(t, &libp2p)
	peer := h.Pair("s1", "client", nil)
	a, b := h.Stream(peer, "s1", "a"), h.Stream(peer, "s1", "b")
	h.OK("reset", shimtest.Fields{"session": "s1", "stream": "a", "code": 7})
	if code, told := toldBy(readError(a)); !told || code != 7 {
		t.Errorf("the peer's read was told %d, %t; want 7", code, told)
	}
	h.OK("close_session", shimtest.Fields{"session": "s1", "code": 4101})
	if code, told := toldBy(readError(b)); !told || code != 4101 {
		t.Errorf("the peer's read was told %d, %t; want 4101", code, told)
	}
}

func readError(from io.Reader) error {
	_, err := from.Read(make([]byte, 1))
	return err
}

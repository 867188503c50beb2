package shim

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"yamux-conform/shims/go-hashicorp/internal/control"
)

func TestHelloTellsWhatTheShimCanDo(t *testing.T) {
	h := newHarness(t)
	var able capabilities
	got := h.answer(h.ask("hello", fields{"protocols": []int{1, 2}, "something_new": true}))
	if err := json.Unmarshal(got.OK, &able); err != nil {
		t.Fatal(err)
	}
	if able.Protocol != 1 || able.Implementation.Library != libraryPath {
		t.Errorf("hello says protocol %d, library %q", able.Protocol, able.Implementation.Library)
	}
	if !slices.Contains(able.Actions, "half_close") || slices.Contains(able.Actions, "reset") {
		t.Errorf("actions are %v", able.Actions)
	}
	if len(able.Settings) != 7 || len(able.Unsupported) == 0 {
		t.Errorf("settings are %v, unsupported is %v", able.Settings, able.Unsupported)
	}
}

func TestHelloRefusesOtherProtocols(t *testing.T) {
	h := newHarness(t)
	if got := h.answer(h.ask("hello", fields{"protocols": []int{2}})); got.Unsupported == nil {
		t.Errorf("protocol 2 alone was not refused: %+v", got)
	}
}

func TestWhatTheLibraryCannotDoIsUnsupported(t *testing.T) {
	h := newHarness(t)
	h.stream(h.pair("s1", "client", nil, nil), "s1", "a")
	for op, reason := range map[string]string{
		"reset":    "no call that resets",
		"levitate": `no operation "levitate"`,
	} {
		got := h.answer(h.ask(op, fields{"session": "s1", "stream": "a"}))
		if got.Unsupported == nil || !strings.Contains(got.Unsupported.Reason, reason) {
			t.Errorf("%s was answered with %+v", op, got)
		}
	}
}

func TestSettingsTheLibraryDoesNotHaveAreUnsupported(t *testing.T) {
	h := newHarness(t)
	for _, settings := range []fields{
		{"close_resets": true},
		{"colour": 3},
		{"max_window": 1000},
		{"accept_backlog": 0},
		{"connection_write_timeout_us": 0},
		{"stream_close_timeout_us": uint64(1) << 62},
	} {
		// Nothing listens there: the shim must not even dial.
		got := h.answer(h.ask("session", fields{"session": "s1", "side": "client", "dial": "127.0.0.1:1", "settings": settings}))
		if got.Unsupported == nil {
			t.Errorf("%v was answered with err %+v, fault %+v", settings, got.Err, got.Fault)
		}
	}
}

func TestASessionWithEverySettingWorks(t *testing.T) {
	h := newHarness(t)
	peer := h.pair("s1", "server", fields{
		"accept_backlog":              8,
		"close_resets":                false,
		"connection_write_timeout_us": 2_000_000,
		"keep_alive_interval_us":      nil,
		"max_window":                  1 << 20,
		"socket_buffer":               32 << 10,
		"stream_close_timeout_us":     1_500,
		"stream_open_timeout_us":      0,
	}, nil)
	if _, err := peer.Ping(); err != nil {
		t.Error(err)
	}
	h.ok("ping", fields{"session": "s1"})
}

func TestARequestThatIsWrongIsAFault(t *testing.T) {
	h := newHarness(t)
	h.stream(h.pair("s1", "client", nil, nil), "s1", "a")
	for _, wrong := range []struct {
		op   string
		with fields
	}{
		{"session", fields{"session": "s1", "side": "client", "dial": "127.0.0.1:1"}},
		{"session", fields{"session": "s2", "side": "middle", "dial": "127.0.0.1:1"}},
		{"session", fields{"session": "s2", "side": "client"}},
		{"session", fields{"side": "client", "dial": "127.0.0.1:1"}},
		{"session", fields{"session": "s2", "side": "client", "dial": "127.0.0.1:1"}},
		{"session", fields{"session": "s2", "side": "client", "dial": "127.0.0.1:1", "settings": fields{"max_window": "big"}}},
		{"open", fields{"session": "s1"}},
		{"open", fields{"session": "s1", "stream": "a"}},
		{"open", fields{"session": "nowhere", "stream": "b"}},
		{"write", fields{"session": "s1", "stream": "a"}},
		{"write", fields{"session": "s1", "stream": "a", "bytes": 1 << 40}},
		{"write", fields{"session": "s1", "stream": "b", "bytes": 1}},
		{"read", fields{"session": "s1", "stream": "a"}},
		{"read", fields{"session": "s1", "stream": "a", "to_end": true, "chunk": 0}},
		{"set_deadline", fields{"session": "s1", "stream": "a"}},
		{"end", fields{"session": "s2"}},
		{"ping", fields{}},
	} {
		if got := h.answer(h.ask(wrong.op, wrong.with)); got.Fault == nil || got.Fault.Message == "" {
			t.Errorf("%s %v was answered with ok %s, err %+v", wrong.op, wrong.with, got.OK, got.Err)
		}
	}
	h.ok("ping", fields{"session": "s1"})
}

func TestALineThatIsNoRequestIsReportedAndTheNextOnesServed(t *testing.T) {
	h := newHarness(t)
	garbage := []string{"garbage", `{"id":"one","op":"hello"}`, `{"op":"hello"}`, `{"id":1}`, `{"id":1,"op":"hello"} {}`, "[]", "null"}
	for _, line := range garbage {
		h.send(line)
	}
	h.send("")
	h.stillAnswers()
	faults := h.count(func(e reply) bool { return e.Event == "fault" && e.Message != "" })
	if faults != len(garbage) {
		t.Errorf("%d of %d bad lines were reported", faults, len(garbage))
	}
}

// stillAnswers shows that requests are still answered.
func (h *harness) stillAnswers() {
	for range 2 {
		if got := h.answer(h.ask("hello", fields{"protocols": []int{1}})); got.OK == nil {
			h.t.Errorf("hello was answered with %+v", got)
		}
	}
}

func TestALineOfAMegabyteIsRead(t *testing.T) {
	h := newHarness(t)
	got := h.answer(h.ask("hello", fields{"protocols": []int{1}, "padding": strings.Repeat("x", 1<<20)}))
	if got.OK == nil {
		t.Errorf("answered with %+v", got)
	}
}

func TestAPanicOfACallIsAFaultThatSaysWhere(t *testing.T) {
	got := guarded(func() control.Answer { panic("over the edge") })
	if got.Fault == nil || !strings.Contains(got.Fault.Message, "over the edge") || !strings.Contains(got.Fault.Message, "protocol_test.go") {
		t.Errorf("answered with %+v", got)
	}
}

func TestByeIsAnsweredLastAndEndsTheShim(t *testing.T) {
	h := newHarness(t)
	h.pair("s1", "server", nil, nil)
	accepting := h.ask("accept", fields{"session": "s1", "stream": "a"})
	h.ok("bye", fields{})
	if err := h.wait(); err != nil {
		t.Error(err)
	}
	h.fails(accepting, "session_shutdown")
}

func TestTheEndOfStdinClosesTheSessions(t *testing.T) {
	h := newHarness(t)
	peer := h.pair("s1", "client", nil, nil)
	if err := h.in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.wait(); err != nil {
		t.Error(err)
	}
	if _, err := peer.AcceptStream(); err == nil {
		t.Error("the peer accepted a stream of a session that should be over")
	}
}

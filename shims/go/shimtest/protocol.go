package shimtest

import (
	"encoding/json"
	"slices"
	"strings"
)

func helloTellsWhatTheShimCanDo(h *Harness) {
	able := h.hello()
	if able.Protocol != 1 || able.Implementation.Library != h.library.Path {
		h.t.Errorf("hello says protocol %d, library %q", able.Protocol, able.Implementation.Library)
	}
	offered := append(append(able.Actions, able.Settings...), able.Abilities...)
	if !slices.Contains(offered, "half_close") || !slices.Contains(offered, "socket_buffer") {
		h.t.Errorf("hello offers %v", offered)
	}
	if len(able.Unsupported) != len(h.library.Unsupported) {
		h.t.Errorf("hello calls %v unsupported, the library %v", able.Unsupported, h.library.Unsupported)
	}
	if !slices.Equal(able.Habits, h.library.Habits) {
		h.t.Errorf("hello tells the habits %v, the library %v", able.Habits, h.library.Habits)
	}
	for _, lack := range able.Unsupported {
		if slices.Contains(offered, lack.Name) || lack.Reason != h.library.Unsupported[lack.Name] {
			h.t.Errorf("hello lacks %+v and offers %v", lack, offered)
		}
	}
}

// hello returns what the shim says of itself.
func (h *Harness) hello() (able capabilities) {
	h.t.Helper()
	got := h.Answer(h.Ask("hello", Fields{"protocols": []int{1, 2}, "something_new": true}))
	if err := json.Unmarshal(got.OK, &able); err != nil {
		h.t.Fatal(err)
	}
	return able
}

// capabilities are what hello answers.
type capabilities struct {
	Protocol       int
	Implementation struct{ Name, Library, Version, Language string }
	Clocks         []string
	LockstepPairs  bool `json:"lockstep_pairs"`
	Actions        []string
	Abilities      []string
	Settings       []string
	Unsupported    []struct{ Name, Reason string }
	Habits         []string
}

func helloRefusesOtherProtocols(h *Harness) {
	if got := h.Answer(h.Ask("hello", Fields{"protocols": []int{2}})); got.Unsupported == nil {
		h.t.Errorf("protocol 2 alone was not refused: %+v", got)
	}
}

func whatTheLibraryCannotDoIsUnsupported(h *Harness) {
	h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	refused := func(op, reason string) {
		got := h.Answer(h.Ask(op, Fields{"session": "s1", "stream": "a"}))
		if got.Unsupported == nil || !strings.Contains(got.Unsupported.Reason, reason) {
			h.t.Errorf("%s was answered with %+v", op, got)
		}
	}
	refused("levitate", `no operation "levitate"`)
	for name, reason := range h.library.Unsupported {
		if _, isSetting := ordinary[name]; !isSetting {
			refused(name, reason)
		}
	}
}

// ordinary has a value of each setting that every library with it can have.
var ordinary = Fields{
	"accept_backlog":              8,
	"close_resets":                true,
	"connection_write_timeout_us": 2_000_000,
	"keep_alive_interval_us":      30_000_000,
	"max_frame_size":              4096,
	"max_streams":                 8,
	"max_window":                  1 << 20,
	"next_stream_id":              9,
	"socket_buffer":               32 << 10,
	"stream_close_timeout_us":     1_500,
	"stream_open_timeout_us":      1_000_000,
}

func settingsTheLibraryDoesNotHaveAreUnsupported(h *Harness) {
	wrong := []Fields{
		{"colour": 3},
		{"max_window": 1000},
		{"accept_backlog": 0},
		{"connection_write_timeout_us": 0},
		{"keep_alive_interval_us": uint64(1) << 62},
	}
	for name := range h.library.Unsupported {
		if value, isSetting := ordinary[name]; isSetting {
			wrong = append(wrong, Fields{name: value})
		}
	}
	for _, settings := range wrong {
		// Nothing listens there: the shim must not even dial.
		got := h.Answer(h.Ask("session", Fields{"session": "s1", "side": "client", "dial": "127.0.0.1:1", "settings": settings}))
		if got.Unsupported == nil {
			h.t.Errorf("%v was answered with err %+v, fault %+v", settings, got.Err, got.Fault)
		}
	}
}

func aSessionWithEverySettingWorks(h *Harness) {
	settings := Fields{}
	for name, value := range ordinary {
		if _, lacks := h.library.Unsupported[name]; lacks {
			value = nil
		}
		settings[name] = value
	}
	h.Stream(h.Pair("s1", "client", settings), "s1", "a")
	h.OK("ping", Fields{"session": "s1"})
}

func aSettingThatIsOffIsLackedByNobody(h *Harness) {
	off := Fields{
		"close_resets":            false,
		"keep_alive_interval_us":  0,
		"max_window":              nil,
		"stream_close_timeout_us": 0,
		"stream_open_timeout_us":  0,
		"colour":                  nil,
	}
	h.Stream(h.Pair("s1", "client", off), "s1", "a")
}

func aRequestThatIsWrongIsAFault(h *Harness) {
	h.Stream(h.Pair("s1", "client", nil), "s1", "a")
	for _, wrong := range []struct {
		op   string
		with Fields
	}{
		{"session", Fields{"session": "s1", "side": "client", "dial": "127.0.0.1:1"}},
		{"session", Fields{"session": "s2", "side": "middle", "dial": "127.0.0.1:1"}},
		{"session", Fields{"session": "s2", "side": "client"}},
		{"session", Fields{"side": "client", "dial": "127.0.0.1:1"}},
		{"session", Fields{"session": "s2", "side": "client", "dial": "127.0.0.1:1"}},
		{"session", Fields{"session": "s2", "side": "client", "dial": "127.0.0.1:1", "settings": Fields{"max_window": "big"}}},
		{"open", Fields{"session": "s1"}},
		{"open", Fields{"session": "s1", "stream": "a"}},
		{"open", Fields{"session": "nowhere", "stream": "b"}},
		{"write", Fields{"session": "s1", "stream": "a"}},
		{"write", Fields{"session": "s1", "stream": "a", "bytes": 1 << 40}},
		{"write", Fields{"session": "s1", "stream": "b", "bytes": 1}},
		{"read", Fields{"session": "s1", "stream": "a"}},
		{"read", Fields{"session": "s1", "stream": "a", "to_end": true, "chunk": 0}},
		{"set_deadline", Fields{"session": "s1", "stream": "a"}},
		{"end", Fields{"session": "s2"}},
		{"ping", Fields{}},
	} {
		if got := h.Answer(h.Ask(wrong.op, wrong.with)); got.Fault == nil || got.Fault.Message == "" {
			h.t.Errorf("%s %v was answered with ok %s, err %+v", wrong.op, wrong.with, got.OK, got.Err)
		}
	}
	h.OK("ping", Fields{"session": "s1"})
}

func aLineThatIsNoRequestIsReportedAndTheNextOnesServed(h *Harness) {
	garbage := []string{"garbage", `{"id":"one","op":"hello"}`, `{"op":"hello"}`, `{"id":1}`, `{"id":1,"op":"hello"} {}`, "[]", "null"}
	for _, line := range garbage {
		h.send(line)
	}
	h.send("")
	h.stillAnswers()
	faults := h.Count(func(e Reply) bool { return e.Event == "fault" && e.Message != "" })
	if faults != len(garbage) {
		h.t.Errorf("%d of %d bad lines were reported", faults, len(garbage))
	}
}

// stillAnswers shows that requests are still answered.
func (h *Harness) stillAnswers() {
	for range 2 {
		if got := h.Answer(h.Ask("hello", Fields{"protocols": []int{1}})); got.OK == nil {
			h.t.Errorf("hello was answered with %+v", got)
		}
	}
}

func aLineOfAMegabyteIsRead(h *Harness) {
	got := h.Answer(h.Ask("hello", Fields{"protocols": []int{1}, "padding": strings.Repeat("x", 1<<20)}))
	if got.OK == nil {
		h.t.Errorf("answered with %+v", got)
	}
}

func byeIsAnsweredLastAndEndsTheShim(h *Harness) {
	h.Pair("s1", "server", nil)
	accepting := h.Ask("accept", Fields{"session": "s1", "stream": "a"})
	h.OK("bye", Fields{})
	if err := h.wait(); err != nil {
		h.t.Error(err)
	}
	h.Fails(accepting, "session_shutdown")
}

func theEndOfStdinClosesTheSessions(h *Harness) {
	peer := h.Pair("s1", "client", nil)
	if err := h.in.Close(); err != nil {
		h.t.Fatal(err)
	}
	if err := h.wait(); err != nil {
		h.t.Error(err)
	}
	if _, err := peer.Accept(); err == nil {
		h.t.Error("the peer accepted a stream of a session that should be over")
	}
}

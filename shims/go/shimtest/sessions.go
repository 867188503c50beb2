package shimtest

import (
	"fmt"
	"strings"
)

// SessionEnd returns the event that says how the session ended.
func (h *Harness) SessionEnd(session string) Reply {
	h.t.Helper()
	return h.Event("session_end", func(e Reply) bool { return e.Session == session })
}

func theCauseIsFoundBehindStreamsNobodyAccepted(h *Harness) {
	for round := range 40 {
		name := fmt.Sprintf("s%d", round)
		conn := h.Connect(name, "server", Fields{"accept_backlog": 32})
		var frames []byte
		for id := byte(1); id < 64; id += 2 {
			frames = append(frames, 0, 1, 0, 1, 0, 0, 0, id, 0, 0, 0, 0)
		}
		frames = append(frames, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		if _, err := conn.Write(frames); err != nil {
			h.t.Fatal(err)
		}
		if got := h.SessionEnd(name); got.Class != "protocol" {
			h.t.Fatalf("in round %d the session ended with %s (%s)", round, got.Class, got.Native)
		}
	}
}

func anUnansweredKeepAliveEndsTheSession(h *Harness) {
	// Nobody reads at the other end, so no ping is answered.
	h.Connect("s1", "client", Fields{"keep_alive_interval_us": 10_000, "connection_write_timeout_us": 50_000})
	if got := h.SessionEnd("s1"); got.Class != "keepalive_timeout" {
		h.t.Errorf("ended with %s (%s)", got.Class, got.Native)
	}
	h.Event("log", func(e Reply) bool {
		return e.Session == "s1" && strings.Contains(e.Text, "keepalive failed")
	})
}

func closingTheSessionEndsItsCalls(h *Harness) {
	peer := h.Pair("s1", "client", nil)
	h.Stream(peer, "s1", "a")
	reading := h.Ask("read", Fields{"session": "s1", "stream": "a", "bytes": 1})
	writing := h.Ask("write", Fields{"session": "s1", "stream": "a", "bytes": 1 << 20})
	accepting := h.Ask("accept", Fields{"session": "s1", "stream": "b"})
	h.OK("close_session", Fields{"session": "s1"})
	h.Fails(accepting, "session_shutdown")
	// What it is for streams is the library's own affair.
	for _, pending := range []uint64{reading, writing} {
		if got := h.Answer(pending).Err; got == nil || got.Class == "unclassified" {
			h.t.Errorf("request %d ended with %+v", pending, got)
		}
	}
	if got := h.SessionEnd("s1"); got.Class != "session_shutdown" {
		h.t.Errorf("ended with %s (%s)", got.Class, got.Native)
	}
}

func endWaitsForPendingCallsAndFreesTheName(h *Harness) {
	for range 20 {
		peer := h.Pair("s1", "client", nil)
		h.Stream(peer, "s1", "a")
		var pending []uint64
		for range 8 {
			pending = append(pending, h.Ask("read", Fields{"session": "s1", "stream": "a", "bytes": 1}))
		}
		h.OK("end", Fields{"session": "s1"})
		ends := h.Count(func(e Reply) bool { return e.Event == "session_end" })
		h.mu.Lock()
		for _, id := range pending {
			if _, answered := h.answers[id]; !answered {
				h.t.Errorf("end was answered before request %d", id)
			}
		}
		h.events = nil
		h.mu.Unlock()
		if ends != 1 {
			h.t.Errorf("%d session_end events came before the answer to end, want 1", ends)
		}
	}
}

func twoSessionsOfOneShimCanTalkToEachOther(h *Harness) {
	client, server := h.Connect("c", "client", nil), h.Connect("s", "server", nil)
	splice(client, server)
	accepting := h.Ask("accept", Fields{"session": "s", "stream": "a"})
	h.OK("open", Fields{"session": "c", "stream": "a"})
	h.Done(accepting)
	reading := h.Ask("read", Fields{"session": "s", "stream": "a", "to_end": true})
	h.OK("write", Fields{"session": "c", "stream": "a", "bytes": 65536, "times": 20, "seed": 1})
	h.OK("half_close", Fields{"session": "c", "stream": "a"})
	if got := h.Done(reading); got["bytes"] != 20*65536 {
		h.t.Errorf("read %v", got)
	}
}

// EndsWith demands that a session ends so after these bytes and the end of the
// transport.
func (h *Harness) EndsWith(name, bytes, class, native string) {
	h.t.Helper()
	conn := h.Connect(name, "server", nil)
	if _, err := conn.Write([]byte(bytes)); err != nil {
		h.t.Fatal(err)
	}
	if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		h.t.Fatal(err)
	}
	if got := h.SessionEnd(name); got.Class != class || got.Native != native {
		h.t.Errorf("after %q the session ended with %s (%s), want %s (%s)", bytes, got.Class, got.Native, class, native)
	}
}

// Command go-libp2p is the shim that lets yamux-conform drive
// github.com/libp2p/go-yamux.
package main

import (
	"github.com/libp2p/go-yamux/v5"

	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shim"
)

var libp2p = library.Library{
	Name: "go-libp2p",
	Path: "github.com/libp2p/go-yamux/v5",
	Unsupported: map[string]string{
		"cancel_accept":           noContext,
		"cancel_read":             library.NoCancel,
		"cancel_write":            library.NoCancel,
		"close_resets":            "go-yamux forgets a stream that it closed, and drops in silence what comes for it",
		"code_go_away":            "the code of GoAway is always 0",
		"deadline_accept":         noContext,
		"drop":                    "Go has no destructor: the library does not learn that a handle is let go of",
		"next_stream_id":          library.NoNumber,
		"stream_close_timeout_us": "go-yamux waits for the peer's FIN for ever",
		"stream_open_timeout_us":  "go-yamux waits for the acknowledgement of a stream for ever",
	},
	Habits: []string{
		// A write queues its frames, up to 64 of a session.
		"buffered_writes",
		// At the beginning, and to measure the round trip.
		"own_pings",
	},
	Prepare: prepare,
	Class:   classOf,
	Told:    toldBy,
}

const noContext = "go-yamux accepts a stream without a context, and waits for ever"

const noCode = "go-yamux has codes from v5 on"

func main() {
	if _, able := any((*yamux.Session)(nil)).(codeCloser); !able {
		for _, name := range []string{"code_close_session", "code_reset", "told_codes"} {
			libp2p.Unsupported[name] = noCode
		}
	}
	shim.Main(&libp2p)
}

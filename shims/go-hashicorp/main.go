// Command go-hashicorp is the shim that lets yamux-conform drive
// github.com/hashicorp/yamux.
package main

import (
	"github.com/hashicorp/yamux"

	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shim"
)

var hashicorp = library.Library{
	Name: "go-hashicorp",
	Path: "github.com/hashicorp/yamux",
	Unsupported: map[string]string{
		"cancel_open":        noContext,
		"cancel_read":        library.NoCancel,
		"cancel_write":       library.NoCancel,
		"close_read":         "hashicorp/yamux has no call that ends reading alone",
		"close_resets":       "hashicorp/yamux takes what comes for a closed stream until its close timeout, it cannot answer with RST at once",
		"code_close_session": noCode,
		"code_go_away":       noCode,
		"code_reset":         noCode,
		"deadline_open":      noContext,
		"drop":               "Go has no destructor: the library does not learn that a handle is let go of",
		"max_frame_size":     "hashicorp/yamux writes a frame as long as the window allows",
		"max_streams":        "hashicorp/yamux limits only the streams that wait to be accepted",
		"next_stream_id":     library.NoNumber,
		"reset":              "hashicorp/yamux has no call that resets a stream",
		"told_codes":         "hashicorp/yamux has one error for every code of a go-away and of a reset",
	},
	Prepare: prepare,
	Class:   classOf,
}

const noContext = "hashicorp/yamux opens a stream without a context, and waits for ever"

const noAcceptContext = "hashicorp/yamux accepts with a context from v0.1.2 on"

const noCode = "no call of hashicorp/yamux takes a code"

func main() {
	if _, able := any((*yamux.Session)(nil)).(accepter); !able {
		hashicorp.Unsupported["cancel_accept"] = noAcceptContext
		hashicorp.Unsupported["deadline_accept"] = noAcceptContext
	}
	shim.Main(&hashicorp)
}

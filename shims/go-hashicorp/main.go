// Command go-hashicorp is the shim that lets yamux-conform drive
// github.com/hashicorp/yamux.
package main

import (
	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shim"
)

var hashicorp = library.Library{
	Name: "go-hashicorp",
	Path: "github.com/hashicorp/yamux",
	Unsupported: map[string]string{
		"close_resets": "hashicorp/yamux takes what comes for a closed stream until its close timeout, it cannot answer with RST at once",
		"drop":         "Go has no destructor: the library does not learn that a handle is let go of",
		"reset":        "hashicorp/yamux has no call that resets a stream",
	},
	Prepare: prepare,
	Class:   classOf,
}

func main() { shim.Main(&hashicorp) }

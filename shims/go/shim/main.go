package shim

import (
	"fmt"
	"os"

	"yamux-conform/shims/go/library"
)

// Main is the program of a shim: requests as JSON lines on stdin, answers and
// events as JSON lines on stdout. It does not return.
func Main(driven *library.Library) {
	server := NewServer(driven, os.Stdout)
	server.offerLockstep()
	server.leave(server.Serve(os.Stdin))
}

func (s *Server) leave(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", s.library.Name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

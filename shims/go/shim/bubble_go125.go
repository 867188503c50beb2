//go:build go1.25

package shim

import (
	"os"
	"runtime/debug"
	"testing"
	"testing/synctest"
)

// offerLockstep lets the server offer the lockstep clock. From the first
// session on that asks for it, the server lives in a bubble and makes no other
// ones.
func (s *Server) offerLockstep() {
	s.guard = &guard{library: s.library, out: s.raw}
	s.bubble = func(serve func(settle func()) error) {
		debug.SetTraceback("all")
		go s.guard.watch()
		// A bubble needs a test to be in. This one never ends as a test does: the
		// framework would say so on stdout, which belongs to the protocol.
		os.Args = os.Args[:1]
		testing.Main(everyTest, []testing.InternalTest{{Name: "lockstep", F: func(t *testing.T) {
			// One bubble for the life of the process: libraries keep timers in a
			// pool of the whole package, and a timer belongs to its bubble.
			synctest.Test(t, func(*testing.T) {
				// On another goroutine than the test's, whose panic the framework
				// would tell on stdout too.
				go func() { s.leave(serve(synctest.Wait)) }()
				select {}
			})
		}}}, nil, nil)
	}
}

func everyTest(string, string) (bool, error) { return true, nil }

//go:build go1.25 && lockstep

package lockstep

import (
	"fmt"
	"os"
	"runtime/debug"
	"testing"
	"testing/synctest"

	"yamux-conform/shims/go-hashicorp/internal/shim"
)

// TestServe is the program. It never ends as a test does: the framework would
// say so on stdout, which belongs to the protocol.
func TestServe(t *testing.T) {
	debug.SetTraceback("all")
	guard := shim.NewGuard(os.Stdout)
	go guard.Watch()
	server := shim.NewServer(os.Stdout, shim.DialTCP)
	server.Lockstep(guard, func(serve func(settle func()) error) {
		// One bubble for the life of the process: the library keeps timers in a
		// pool of the whole package, and a timer belongs to its bubble.
		synctest.Test(t, func(*testing.T) { leave(serve(synctest.Wait)) })
	})
	leave(server.Serve(os.Stdin))
}

func leave(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "go-hashicorp: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}

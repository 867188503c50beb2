package shim

import (
	"strings"
	"sync"

	"yamux-conform/shims/go/internal/control"
)

// A libraryLog hands what the library logs to the harness, up to the session's
// end.
type libraryLog struct {
	session string
	out     *control.Writer

	mu    sync.Mutex
	muted bool
}

// Write takes one line.
func (l *libraryLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.muted {
		l.out.Log(l.session, strings.TrimRight(string(line), "\n"))
	}
	return len(line), nil
}

// mute ends it: no event of the session comes once mute has returned, though
// timers of the library may still run.
func (l *libraryLog) mute() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.muted = true
}

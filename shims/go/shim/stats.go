package shim

import (
	"os"
	"runtime"
	"time"

	"yamux-conform/shims/go/internal/control"
)

// figures are what a session and its process take up.
type figures struct {
	Streams     int     `json:"streams"`
	Tasks       int     `json:"tasks"`
	Heap        uint64  `json:"heap"`
	Descriptors *uint64 `json:"descriptors,omitempty"`
}

func stats(s *session, _ *control.Request) (call, error) {
	return func() control.Answer {
		told := figures{Streams: s.running.CountStreams(), Tasks: s.tasks()}
		// What the first collection finalizes the second one frees.
		runtime.GC()
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		told.Heap = memory.HeapAlloc
		// The folder itself is open too, each time. Only Linux has it.
		if open, err := os.ReadDir("/proc/self/fd"); err == nil {
			count := uint64(len(open))
			told.Descriptors = &count
		}
		return control.OK(struct {
			Figures figures `json:"figures"`
		}{told})
	}, nil
}

// tasks counts the goroutines, of which this one is one each time. On the live
// clock those of calls that were answered may need a moment to end: the least of
// some looks counts. In lockstep everything is at rest.
func (s *session) tasks() int {
	least := runtime.NumGoroutine()
	for look := 0; s.local != "" && look < 20; look++ {
		time.Sleep(time.Millisecond)
		least = min(least, runtime.NumGoroutine())
	}
	return least
}

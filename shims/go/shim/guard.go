package shim

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/library"
)

const (
	// glance is how often the guard looks, in real time.
	glance = 5 * time.Millisecond
	// restless is how long the library may keep running before that is a
	// fault. No call of a scenario computes for so long.
	restless = 3 * time.Second
)

// A guard watches from outside a bubble whether what is in there comes to rest.
//
// A goroutine that waits for a mutex is not at rest for the bubble: time would
// stand still for ever. Nobody but the bubble can unlock it, so if nothing in
// there runs either, that is certain and not a matter of patience.
type guard struct {
	library *library.Library
	out     io.Writer
	// turns is odd while the bubble is to come to rest.
	turns atomic.Uint64
}

func (g *guard) begin() { g.turns.Add(1) }

func (g *guard) end() { g.turns.Add(1) }

// watch never returns. It must run outside the bubble.
func (g *guard) watch() {
	var since time.Time
	last := uint64(0)
	for {
		time.Sleep(glance)
		turn := g.turns.Load()
		if turn%2 == 0 || turn != last {
			last, since = turn, time.Now()
			continue
		}
		stacks := bubbleStacks()
		if g.turns.Load() != turn {
			continue
		}
		lock, isStuck := g.waitsForLock(stacks)
		switch {
		case isStuck:
			control.NewWriter(g.out).Stuck(fmt.Sprintf(
				"virtual time cannot pass while %s waits for a lock that is held by a call that waits too", lock))
			os.Exit(0)
		case time.Since(since) > restless:
			fmt.Fprintf(os.Stderr, "%s: nothing comes to rest after %v:\n\n%s\n", g.library.Name, restless, strings.Join(restlessOf(stacks), "\n\n"))
			control.NewWriter(g.out).Fault(fmt.Sprintf("the library is still busy after %v of real time, with %s", restless, g.busiest(stacks)))
			os.Exit(2)
		}
	}
}

// bubbleStacks returns the stacks of the goroutines in the bubble.
func bubbleStacks() []string {
	buf := make([]byte, 1<<20)
	all := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	var inside []string
	for _, stack := range all {
		head, _, _ := strings.Cut(stack, "\n")
		if strings.Contains(head, "synctest bubble") {
			inside = append(inside, stack)
		}
	}
	return inside
}

// waitsForLock names a function of the library that waits for a lock, if all
// that is in the bubble waits and at least one of it so.
func (g *guard) waitsForLock(stacks []string) (function string, isStuck bool) {
	for _, stack := range stacks {
		state := stateOf(stack)
		switch {
		case strings.HasPrefix(state, "sync.Mutex.Lock"), strings.HasPrefix(state, "sync.RWMutex"):
			if name := g.libraryFunction(stack); function == "" || name < function {
				function = name
			}
		case strings.Contains(state, "(durable)"), strings.HasPrefix(state, "synctest.Wait"):
		default:
			return "", false
		}
	}
	return function, function != ""
}

// restlessOf returns the stacks that do not wait.
func restlessOf(stacks []string) (busy []string) {
	for _, stack := range stacks {
		if state := stateOf(stack); !strings.Contains(state, "(durable)") && !strings.HasPrefix(state, "synctest") {
			busy = append(busy, stack)
		}
	}
	return busy
}

func (g *guard) busiest(stacks []string) string {
	for _, stack := range restlessOf(stacks) {
		return g.libraryFunction(stack)
	}
	return "nobody knows with what"
}

// stateOf returns what is in the brackets of a stack's first line.
func stateOf(stack string) string {
	_, rest, _ := strings.Cut(stack, "[")
	state, _, _ := strings.Cut(rest, "]")
	return state
}

// libraryFunction returns the innermost function of the library in a stack, as
// "Stream.Read".
func (g *guard) libraryFunction(stack string) string {
	for _, line := range strings.Split(stack, "\n") {
		rest, found := strings.CutPrefix(line, g.library.Path+".")
		if !found {
			continue
		}
		name, _, _ := strings.Cut(rest, "(0x")
		if at := strings.LastIndex(name, "({"); at > 0 {
			name = name[:at]
		}
		return strings.NewReplacer("(*", "", ")", "", "(", "").Replace(name)
	}
	return "a call"
}

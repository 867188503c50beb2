package shim

import "yamux-conform/shims/go/internal/control"

// A call runs an operation to its end, which may take long.
type call func() control.Answer

// A queue makes calls of one kind one after another, in the order in which
// they were put in, although each has its own goroutine. It is the harness's
// order of requests that a scenario means.
type queue struct {
	// last is closed when the call put in last is over; nil if there was none.
	last chan struct{}
}

// put returns next as a call that waits for its turn. The returned call must
// be run. Only the goroutine that reads requests may put calls in.
func (q *queue) put(next call) call {
	return q.putUntil(nil, next, nil)
}

// putUntil is put for a call that makes givenUp instead of next if done is
// closed before its turn comes.
func (q *queue) putUntil(done <-chan struct{}, next, givenUp call) call {
	before, over := q.last, make(chan struct{})
	q.last = over
	return func() control.Answer {
		if before != nil {
			select {
			case <-before:
			case <-done:
				// Who comes behind still waits for who came before.
				go func() {
					<-before
					close(over)
				}()
				return givenUp()
			}
		}
		defer close(over)
		return next()
	}
}

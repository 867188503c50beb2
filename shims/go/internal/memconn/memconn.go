// Package memconn is one end of a connection that lives in memory: what the
// library writes is taken out, and what it reads is put in, by whoever owns the
// other end. It is what a session has for a transport in lockstep.
package memconn

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A Conn is a net.Conn for the library, and Deliver, Next, Release,
// EndInput, Take and Ended for the owner of the other end.
type Conn struct {
	// changed is called, without the lock, when the owner may find news.
	changed func()
	// capacity is how many bytes may wait to be taken before a Write waits.
	capacity int

	mu    sync.Mutex
	moved *sync.Cond

	in []piece
	// frames follows the input, and stops are how far it may be read with one
	// Next after another; of all that came, read bytes were read, and limit
	// bytes may be.
	frames      frames
	stops       []int
	read, limit int
	// inEnd is what a Read returns once in is empty; nil while more may come.
	inEnd error
	out   []byte
	// closed is set by the library.
	closed bool
	// torn is set when the connection was reset from the other end.
	torn bool

	readDeadline, writeDeadline time.Time
}

// A piece of input that Reads return in parts of at most segment bytes.
type piece struct {
	bytes   []byte
	segment int
}

// New returns a connection on which capacity bytes may wait to be taken.
func New(capacity int, changed func()) *Conn {
	c := &Conn{changed: changed, capacity: capacity}
	c.moved = sync.NewCond(&c.mu)
	return c
}

// Read returns what was delivered, never more than a segment at once.
func (c *Conn) Read(buf []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.readable() == 0 && (c.inEnd == nil || len(c.in) > 0) && !c.closed && !isPast(c.readDeadline) {
		c.wait(c.readDeadline)
	}
	switch {
	case c.closed:
		return 0, &net.OpError{Op: "read", Net: network, Err: net.ErrClosed}
	case isPast(c.readDeadline):
		return 0, &net.OpError{Op: "read", Net: network, Err: os.ErrDeadlineExceeded}
	case len(c.in) == 0:
		return 0, c.inEnd
	}
	first := &c.in[0]
	n := copy(buf[:min(len(buf), first.segment, c.readable())], first.bytes)
	c.read += n
	if first.bytes = first.bytes[n:]; len(first.bytes) == 0 {
		c.in = c.in[1:]
	}
	return n, nil
}

// Write returns once no more than the capacity waits to be taken.
func (c *Conn) Write(bytes []byte) (int, error) {
	c.mu.Lock()
	if err := c.refusal(); err != nil {
		c.mu.Unlock()
		return 0, err
	}
	c.out = append(c.out, bytes...)
	c.mu.Unlock()
	c.changed()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.out) > c.capacity && c.refusal() == nil {
		c.wait(c.writeDeadline)
	}
	if err := c.refusal(); err != nil && len(c.out) > c.capacity {
		// What there was no room for was never on its way.
		lost := len(c.out) - c.capacity
		c.out = c.out[:c.capacity]
		return max(len(bytes)-lost, 0), err
	}
	return len(bytes), nil
}

// refusal is why nothing can be written any more.
func (c *Conn) refusal() error {
	switch {
	case c.closed:
		return &net.OpError{Op: "write", Net: network, Err: net.ErrClosed}
	case isPast(c.writeDeadline):
		return &net.OpError{Op: "write", Net: network, Err: os.ErrDeadlineExceeded}
	case c.torn:
		return &net.OpError{Op: "write", Net: network, Err: os.NewSyscallError("write", syscall.EPIPE)}
	}
	return nil
}

// Close ends both directions; what was written before can still be taken.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.moved.Broadcast()
	c.mu.Unlock()
	c.changed()
	return nil
}

// wait waits until something has moved, or the deadline is there. It is called
// with the lock held.
func (c *Conn) wait(deadline time.Time) {
	if !deadline.IsZero() {
		timer := time.AfterFunc(time.Until(deadline), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.moved.Broadcast()
		})
		defer timer.Stop()
	}
	c.moved.Wait()
}

func isPast(deadline time.Time) bool { return !deadline.IsZero() && !time.Now().Before(deadline) }

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(at time.Time) error {
	return c.set(at, &c.readDeadline, &c.writeDeadline)
}

// SetReadDeadline ends Reads at that time, also one that waits; zero is never.
func (c *Conn) SetReadDeadline(at time.Time) error { return c.set(at, &c.readDeadline) }

// SetWriteDeadline ends Writes at that time, also one that waits; zero is never.
func (c *Conn) SetWriteDeadline(at time.Time) error { return c.set(at, &c.writeDeadline) }

func (c *Conn) set(at time.Time, deadlines ...*time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return &net.OpError{Op: "set", Net: network, Err: net.ErrClosed}
	}
	for _, deadline := range deadlines {
		*deadline = at
	}
	c.moved.Broadcast()
	return nil
}

// LocalAddr is that of no socket.
func (c *Conn) LocalAddr() net.Addr { return &net.TCPAddr{} }

// RemoteAddr is that of no socket.
func (c *Conn) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// Deliver takes bytes for the library to read, at most segment of them at once.
// With Next they are there for it up to the next ping or the last whole frame,
// with Release all are.
//
// A library may answer each ping on a goroutine of its own: of several at once
// any might be the first, so they come one by one. And it may hold a lock while
// it reads a body: for a bubble a goroutine that waits for a lock is not at rest,
// so that a body which comes in several parts at the same instant would look
// like one that does not come.
func (c *Conn) Deliver(bytes []byte, segment int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(bytes) == 0 || c.inEnd != nil || c.closed {
		return
	}
	c.in = append(c.in, piece{bytes, segment})
	c.stops = c.frames.follow(c.stops, bytes)
}

// Next lets the library read up to the next stop, if there is one.
func (c *Conn) Next() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.stops) == 0 {
		return false
	}
	c.limit, c.stops = c.stops[0], c.stops[1:]
	c.moved.Broadcast()
	return true
}

// Release lets the library read all that was delivered.
func (c *Conn) Release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release()
}

func (c *Conn) release() {
	c.limit, c.stops = c.frames.at, nil
	c.moved.Broadcast()
}

// readable returns how many bytes a Read could take.
func (c *Conn) readable() int { return c.limit - c.read }

// EndInput ends what the library reads: in order, or by a reset, after which
// it cannot write either.
func (c *Conn) EndInput(reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release()
	if c.inEnd == nil {
		c.inEnd = io.EOF
	}
	if reset {
		c.inEnd = &net.OpError{Op: "read", Net: network, Err: os.NewSyscallError("read", syscall.ECONNRESET)}
		c.torn = true
	}
	c.moved.Broadcast()
}

// Waiting returns how many bytes wait to be taken.
func (c *Conn) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out)
}

// Take appends at most most of the bytes that wait to into.
func (c *Conn) Take(into []byte, most int) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(most, len(c.out))
	into = append(into, c.out[:n]...)
	if c.out = c.out[n:]; len(c.out) == 0 {
		c.out = nil
	}
	if n > 0 {
		c.moved.Broadcast()
	}
	return into
}

// Ended tells whether the library has closed the connection and everything it
// wrote was taken.
func (c *Conn) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed && len(c.out) == 0
}

// network is what the errors say: those of a TCP connection are what the
// library and the error classes know.
const network = "tcp"

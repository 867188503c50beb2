// Package shimtest is what is tested of every Go shim: the protocol, as docs/
// writing-a-shim.md has it, with the shim's own library at the other end.
package shimtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shim"
)

// limit is how long anything in these tests may take before it hangs.
const limit = 10 * time.Second

// Fields are those of a request.
type Fields map[string]any

// A Reply is any line of the shim.
type Reply struct {
	ID          *uint64         `json:"id"`
	OK          json.RawMessage `json:"ok"`
	Err         *Failure        `json:"err"`
	Unsupported *struct{ Reason string }
	Fault       *struct{ Message string }

	Event, Session, Class, Native, Text, Message string
	Of, Bytes                                    uint64
}

// A Failure is an error of the library.
type Failure struct {
	Class, Native string
	Bytes         *uint64
	CRC32         *uint32
}

// A Harness drives a Server through its two pipes, as the real one does.
type Harness struct {
	t       *testing.T
	library *library.Library
	in      *io.PipeWriter
	served  chan error

	mu      sync.Mutex
	changed *sync.Cond
	nextID  uint64
	answers map[uint64]Reply
	events  []Reply
	closed  bool
}

// New starts a Server for the library.
func New(t *testing.T, driven *library.Library) *Harness {
	t.Helper()
	requests, in := io.Pipe()
	out, lines := io.Pipe()
	h := &Harness{t: t, library: driven, in: in, served: make(chan error, 1), answers: map[uint64]Reply{}}
	h.changed = sync.NewCond(&h.mu)
	go func() {
		h.served <- shim.NewServer(driven, lines).Serve(requests)
		_ = lines.Close()
	}()
	go h.collect(out)
	t.Cleanup(func() {
		_ = in.Close()
		if err := h.wait(); err != nil {
			t.Errorf("the shim ended with %v", err)
		}
	})
	return h
}

func (h *Harness) collect(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		h.mu.Lock()
		if err != nil {
			h.closed = true
			h.changed.Broadcast()
			h.mu.Unlock()
			return
		}
		h.take(line)
		h.changed.Broadcast()
		h.mu.Unlock()
	}
}

func (h *Harness) take(line []byte) {
	var got Reply
	if err := json.Unmarshal(line, &got); err != nil {
		h.t.Errorf("not a line of the protocol: %s", line)
		return
	}
	if got.ID == nil {
		h.events = append(h.events, got)
		return
	}
	if _, twice := h.answers[*got.ID]; twice {
		h.t.Errorf("a second answer to a request: %s", line)
	}
	if kinds := got.kinds(); kinds != 1 {
		h.t.Errorf("%d answers in one line: %s", kinds, line)
	}
	h.answers[*got.ID] = got
}

func (r Reply) kinds() (kinds int) {
	for _, there := range []bool{r.OK != nil, r.Err != nil, r.Unsupported != nil, r.Fault != nil} {
		if there {
			kinds++
		}
	}
	return kinds
}

// send writes a line as it is.
func (h *Harness) send(line string) {
	if _, err := io.WriteString(h.in, line+"\n"); err != nil {
		h.t.Errorf("the shim no longer reads: %v", err)
	}
}

// Ask sends a request and returns its id.
func (h *Harness) Ask(op string, with Fields) uint64 {
	h.mu.Lock()
	h.nextID++
	id := h.nextID
	h.mu.Unlock()
	request := Fields{"id": id, "op": op}
	for name, value := range with {
		request[name] = value
	}
	line, err := json.Marshal(request)
	if err != nil {
		panic(err)
	}
	h.send(string(line))
	return id
}

// until waits until found is true; it is called with the lock held.
func (h *Harness) until(what string, found func() bool) {
	h.t.Helper()
	timer := time.AfterFunc(limit, func() { h.changed.Broadcast() })
	defer timer.Stop()
	deadline := time.Now().Add(limit)
	h.mu.Lock()
	defer h.mu.Unlock()
	for !found() {
		if h.closed || time.Now().After(deadline) {
			h.t.Errorf("there is no %s", what)
			panic(errors.New("gave up waiting for " + what))
		}
		h.changed.Wait()
	}
}

// Answer returns the answer to a request.
func (h *Harness) Answer(id uint64) (got Reply) {
	h.t.Helper()
	h.until(fmt.Sprintf("answer to request %d", id), func() (there bool) {
		got, there = h.answers[id]
		return there
	})
	return got
}

// Event returns the first event of that kind that matches.
func (h *Harness) Event(what string, match func(Reply) bool) (got Reply) {
	h.t.Helper()
	h.until("event "+what, func() bool {
		for _, event := range h.events {
			if event.Event == what && match(event) {
				got = event
				return true
			}
		}
		return false
	})
	return got
}

// Count tells how many events so far match.
func (h *Harness) Count(match func(Reply) bool) (matching int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, event := range h.events {
		if match(event) {
			matching++
		}
	}
	return matching
}

// OK asks, and decodes the answer, which must be ok, into the map it returns.
func (h *Harness) OK(op string, with Fields) map[string]uint64 {
	h.t.Helper()
	return h.Done(h.Ask(op, with))
}

// Done demands that the request is answered ok, and decodes that.
func (h *Harness) Done(id uint64) map[string]uint64 {
	h.t.Helper()
	got := h.Answer(id)
	values := map[string]uint64{}
	// An answer without ok is empty, and no object. What is no number has its own tests.
	var mistyped *json.UnmarshalTypeError
	if err := json.Unmarshal(got.OK, &values); err != nil && !errors.As(err, &mistyped) {
		h.t.Errorf("request %d was not answered ok but with err %+v, unsupported %+v, fault %+v", id, got.Err, got.Unsupported, got.Fault)
	}
	return values
}

// Fails demands that a call ended with an error of this class.
func (h *Harness) Fails(id uint64, class string) Failure {
	h.t.Helper()
	got := h.Answer(id)
	if got.Err == nil || got.Err.Class != class {
		h.t.Fatalf("request %d should fail with %s: ok %s, err %+v, fault %+v", id, class, got.OK, got.Err, got.Fault)
	}
	return *got.Err
}

func (h *Harness) wait() error {
	select {
	case err := <-h.served:
		h.served <- err
		return err
	case <-time.After(limit):
		return errors.New("it still runs")
	}
}

// Connect makes a session in the shim and returns its socket.
func (h *Harness) Connect(name, side string, settings Fields) net.Conn {
	h.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	asked := h.Ask("session", Fields{"session": name, "side": side, "dial": listener.Addr().String(), "settings": settings})
	h.Done(asked)
	conn, err := listener.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	var begun struct{ Local string }
	if err := json.Unmarshal(h.Answer(asked).OK, &begun); err != nil || begun.Local != conn.RemoteAddr().String() {
		h.t.Errorf("the session was dialled from %v, the shim says %q (%v)", conn.RemoteAddr(), begun.Local, err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Pair makes a session in the shim with a real peer at the other end.
func (h *Harness) Pair(name, side string, settings Fields) library.Session {
	h.t.Helper()
	return h.PairWith(name, side, settings, library.Settings{})
}

// PairWith is Pair with a peer of these settings.
func (h *Harness) PairWith(name, side string, settings Fields, peers library.Settings) library.Session {
	h.t.Helper()
	begin, err := h.library.Prepare(peers, io.Discard)
	if err != nil {
		h.t.Fatal(err)
	}
	other := library.Server
	if side == "server" {
		other = library.Client
	}
	peer, err := begin(other, h.Connect(name, side, settings))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = peer.Close() })
	return peer
}

// Stream opens a stream in the shim and accepts it at the peer.
func (h *Harness) Stream(peer library.Session, session, label string) library.Stream {
	h.t.Helper()
	opened := h.Ask("open", Fields{"session": session, "stream": label})
	accepted, err := peer.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	if number := h.Done(opened)["stream_number"]; number != uint64(accepted.StreamID()) {
		h.t.Errorf("the shim says stream %d, the peer %d", number, accepted.StreamID())
	}
	return accepted
}

// splice joins two sockets, as the real Harness does with a tap between.
func splice(a, b net.Conn) {
	go func() { _, _ = io.Copy(a, b) }()
	go func() { _, _ = io.Copy(b, a) }()
}

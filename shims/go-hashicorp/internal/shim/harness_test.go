package shim

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

	"github.com/hashicorp/yamux"
)

// limit is how long anything in these tests may take before it hangs.
const limit = 10 * time.Second

type fields map[string]any

// A reply is any line of the shim.
type reply struct {
	ID          *uint64         `json:"id"`
	OK          json.RawMessage `json:"ok"`
	Err         *failure        `json:"err"`
	Unsupported *struct{ Reason string }
	Fault       *struct{ Message string }

	Event, Session, Class, Native, Text, Message string
	Of, Bytes                                    uint64
}

type failure struct {
	Class, Native string
	Bytes         *uint64
	CRC32         *uint32
}

// A harness drives a Server through its two pipes, as the real one does.
type harness struct {
	t      *testing.T
	in     *io.PipeWriter
	served chan error

	mu      sync.Mutex
	changed *sync.Cond
	nextID  uint64
	answers map[uint64]reply
	events  []reply
	closed  bool
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	requests, in := io.Pipe()
	out, lines := io.Pipe()
	h := &harness{t: t, in: in, served: make(chan error, 1), answers: map[uint64]reply{}}
	h.changed = sync.NewCond(&h.mu)
	go func() {
		h.served <- NewServer(lines, DialTCP).Serve(requests)
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

func (h *harness) collect(out io.Reader) {
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

func (h *harness) take(line []byte) {
	var got reply
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

func (r reply) kinds() (kinds int) {
	for _, there := range []bool{r.OK != nil, r.Err != nil, r.Unsupported != nil, r.Fault != nil} {
		if there {
			kinds++
		}
	}
	return kinds
}

// send writes a line as it is.
func (h *harness) send(line string) {
	if _, err := io.WriteString(h.in, line+"\n"); err != nil {
		h.t.Errorf("the shim no longer reads: %v", err)
	}
}

// ask sends a request and returns its id.
func (h *harness) ask(op string, with fields) uint64 {
	h.mu.Lock()
	h.nextID++
	id := h.nextID
	h.mu.Unlock()
	request := fields{"id": id, "op": op}
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
func (h *harness) until(what string, found func() bool) {
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

func (h *harness) answer(id uint64) (got reply) {
	h.t.Helper()
	h.until(fmt.Sprintf("answer to request %d", id), func() (there bool) {
		got, there = h.answers[id]
		return there
	})
	return got
}

func (h *harness) event(what string, match func(reply) bool) (got reply) {
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

// count tells how many events so far match.
func (h *harness) count(match func(reply) bool) (matching int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, event := range h.events {
		if match(event) {
			matching++
		}
	}
	return matching
}

// ok asks, and decodes the answer, which must be ok, into the map it returns.
func (h *harness) ok(op string, with fields) map[string]uint64 {
	h.t.Helper()
	return h.done(h.ask(op, with))
}

func (h *harness) done(id uint64) map[string]uint64 {
	h.t.Helper()
	got := h.answer(id)
	values := map[string]uint64{}
	// An answer without ok is empty, and no object. What is no number has its own tests.
	var mistyped *json.UnmarshalTypeError
	if err := json.Unmarshal(got.OK, &values); err != nil && !errors.As(err, &mistyped) {
		h.t.Errorf("request %d was not answered ok but with err %+v, unsupported %+v, fault %+v", id, got.Err, got.Unsupported, got.Fault)
	}
	return values
}

// fails demands that a call ended with an error of this class.
func (h *harness) fails(id uint64, class string) failure {
	h.t.Helper()
	got := h.answer(id)
	if got.Err == nil || got.Err.Class != class {
		h.t.Fatalf("request %d should fail with %s: ok %s, err %+v, fault %+v", id, class, got.OK, got.Err, got.Fault)
	}
	return *got.Err
}

func (h *harness) wait() error {
	select {
	case err := <-h.served:
		h.served <- err
		return err
	case <-time.After(limit):
		return errors.New("it still runs")
	}
}

// connect makes a session in the shim and returns its socket.
func (h *harness) connect(name, side string, settings fields) net.Conn {
	h.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	asked := h.ask("session", fields{"session": name, "side": side, "dial": listener.Addr().String(), "settings": settings})
	h.done(asked)
	conn, err := listener.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	var begun struct{ Local string }
	if err := json.Unmarshal(h.answer(asked).OK, &begun); err != nil || begun.Local != conn.RemoteAddr().String() {
		h.t.Errorf("the session was dialled from %v, the shim says %q (%v)", conn.RemoteAddr(), begun.Local, err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// pair makes a session in the shim with a real peer at the other end.
func (h *harness) pair(name, side string, settings fields, tune func(*yamux.Config)) *yamux.Session {
	h.t.Helper()
	config := yamux.DefaultConfig()
	config.EnableKeepAlive = false
	config.LogOutput = io.Discard
	if tune != nil {
		tune(config)
	}
	begin := yamux.Server
	if side == "server" {
		begin = yamux.Client
	}
	peer, err := begin(h.connect(name, side, settings), config)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = peer.Close() })
	return peer
}

// stream opens a stream in the shim and accepts it at the peer.
func (h *harness) stream(peer *yamux.Session, session, label string) *yamux.Stream {
	h.t.Helper()
	opened := h.ask("open", fields{"session": session, "stream": label})
	accepted, err := peer.AcceptStream()
	if err != nil {
		h.t.Fatal(err)
	}
	if number := h.done(opened)["stream_number"]; number != uint64(accepted.StreamID()) {
		h.t.Errorf("the shim says stream %d, the peer %d", number, accepted.StreamID())
	}
	return accepted
}

// splice joins two sockets, as the real harness does with a tap between.
func splice(a, b net.Conn) {
	go func() { _, _ = io.Copy(a, b) }()
	go func() { _, _ = io.Copy(b, a) }()
}

package shim

import (
	"fmt"
	"sync"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/library"
)

// A session is one yamux session and the streams the harness has names for.
type session struct {
	name    string
	out     *control.Writer
	log     *libraryLog
	library *library.Library
	running library.Session
	// local is where it dialled from; empty where there is no socket.
	local string

	// calls are the requests that are not answered yet.
	calls sync.WaitGroup
	// ended is closed once the end of the session was reported.
	ended chan struct{}

	opens, accepts queue

	mu sync.Mutex
	// giving has the opens and accepts that are not over, by their requests.
	giving map[uint64]giving
	// streams has nil for a label whose open or accept is not over.
	streams map[string]*stream
}

// A stream is one yamux stream with its calls in order.
type stream struct {
	running       library.Stream
	reads, writes queue
}

// A giving is how an open or accept is given up.
type giving struct {
	op string
	up func()
}

func (s *session) cancellable(id uint64, call giving) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giving[id] = call
}

func (s *session) givenUp(id uint64) (giving, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call, waits := s.giving[id]
	return call, waits
}

func (s *session) over(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.giving, id)
}

// watch reports the end of the session, once, when it comes.
func (s *session) watch() {
	defer close(s.ended)
	<-s.running.Done()
	// The session has ended already: this Close only waits until nothing of it
	// runs any more.
	_ = s.running.Close()
	cause := s.running.Cause()
	s.out.SessionEnd(s.name, string(s.library.Class(cause)), cause.Error())
}

// end closes the session and returns when its calls are answered and nothing
// more will be said about it.
func (s *session) end() {
	_ = s.running.Close()
	s.calls.Wait()
	<-s.ended
	s.log.mute()
}

// reserve keeps a label for a stream to come.
func (s *session) reserve(label string) error {
	if label == "" {
		return errMissing("stream")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.streams[label]; used {
		return fmt.Errorf("stream %q is already there: a label names one stream until it is dropped", label)
	}
	s.streams[label] = nil
	return nil
}

// nameStream gives a reserved label its stream.
func (s *session) nameStream(label string, opened library.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams[label] = &stream{running: opened}
}

// forget frees a label; the stream itself is left alone.
func (s *session) forget(label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, label)
}

// stream finds the stream a request is about.
func (s *session) stream(label string) (*stream, error) {
	if label == "" {
		return nil, errMissing("stream")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, used := s.streams[label]
	switch {
	case !used:
		return nil, fmt.Errorf("there is no stream %q in session %q: open or accept it first", label, s.name)
	case found == nil:
		return nil, fmt.Errorf("stream %q is not there yet: wait for the answer to its open or accept", label)
	}
	return found, nil
}

func errMissing(field string) error { return fmt.Errorf("the request has no %q", field) }

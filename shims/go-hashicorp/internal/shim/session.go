package shim

import (
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/yamux"

	"yamux-conform/shims/go-hashicorp/internal/control"
	"yamux-conform/shims/go-hashicorp/internal/errclass"
)

// A session is one yamux session and the streams the harness has names for.
type session struct {
	name    string
	out     *control.Writer
	log     *libraryLog
	yamux   *yamux.Session
	backlog int
	// local is where it dialled from; empty where there is no socket.
	local string

	// calls are the requests that are not answered yet.
	calls sync.WaitGroup
	// ended is closed once the end of the session was reported.
	ended chan struct{}

	opens, accepts queue

	mu sync.Mutex
	// streams has nil for a label whose open or accept is not over.
	streams map[string]*stream
}

// A stream is one yamux stream with its calls in order.
type stream struct {
	yamux         *yamux.Stream
	reads, writes queue
}

// watch reports the end of the session, once, when it comes.
func (s *session) watch() {
	defer close(s.ended)
	<-s.yamux.CloseChan()
	// The session has ended already: this Close only waits until the library's
	// two loops are over, so that nothing joins the accept queue any more.
	_ = s.yamux.Close()
	cause := s.cause()
	s.out.SessionEnd(s.name, string(errclass.Of(cause)), cause.Error())
}

// cause returns why the session ended; it has ended.
//
// Only an accept tells the cause, and each accept of an ended session chooses
// at random between the cause and a stream that nobody had accepted, for which
// it may say ErrSessionShutdown. No more than backlog streams can wait, so one
// accept more than that has met the cause. This takes no stream from the
// application: whether its own accept would still get one is as random.
func (s *session) cause() error {
	for range s.backlog + 1 {
		_, err := s.yamux.AcceptStream()
		if err != nil && !errors.Is(err, yamux.ErrSessionShutdown) {
			return err
		}
	}
	return yamux.ErrSessionShutdown
}

// end closes the session and returns when its calls are answered and nothing
// more will be said about it.
func (s *session) end() {
	_ = s.yamux.Close()
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
func (s *session) nameStream(label string, opened *yamux.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams[label] = &stream{yamux: opened}
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

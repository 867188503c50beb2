// Package shim serves the shim protocol for a library: a table of sessions, the
// calls of an application on them, and their answers. docs/writing-a-shim.md is
// the protocol.
//
// One goroutine reads requests, checks them and finds what they are about;
// each call then runs on a goroutine of its own. The network comes in only as
// a dial, time only as time.Now and the library's own timers. A panic of the
// library ends the process, as it would end an application.
package shim

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/library"
)

// patience is how long leaving waits for sessions and calls to end.
const patience = time.Second

// A Server serves one harness.
type Server struct {
	library *library.Library
	out     *control.Writer
	raw     io.Writer
	dial    dial
	// bubble and guard are for virtual time; nil where there is none.
	bubble bubble
	guard  *guard
	// lockstep is not nil inside the bubble.
	lockstep *lockstep
	// calls are all requests that are not answered yet.
	calls sync.WaitGroup

	mu sync.Mutex
	// sessions has nil for a name that is being made or ended.
	sessions map[string]*session
}

// NewServer returns a Server on the live clock that writes to out.
func NewServer(driven *library.Library, out io.Writer) *Server {
	return newServer(driven, out, dialTCP)
}

func newServer(driven *library.Library, out io.Writer, dial dial) *Server {
	return &Server{
		library: driven, out: control.NewWriter(out), raw: out, dial: dial,
		sessions: map[string]*session{},
	}
}

// Serve reads requests from in until bye or its end, both of which are in
// order. It closes what is still open.
func (s *Server) Serve(in io.Reader) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	for {
		// A line has no largest length: the harness decides what it asks.
		line, err := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if s.bubble != nil && asksForLockstep(line) {
				s.bubble(func(settle func()) error { return s.serveLockstep(line, lines, settle) })
			}
			if leave := s.handle(line); leave {
				return s.out.Failed()
			}
		}
		if err != nil {
			s.closeAll()
			if !errors.Is(err, io.EOF) {
				return fmt.Errorf("cannot read from the harness: %w", err)
			}
			return s.out.Failed()
		}
	}
}

// handle takes one request up and returns whether it was the last.
func (s *Server) handle(line []byte) (leave bool) {
	request, err := control.Parse(line)
	if err != nil {
		s.out.Fault(err.Error())
		return false
	}
	switch request.Op {
	case "bye":
		s.closeAll()
		s.out.Answer(*request.ID, control.OK(control.Nothing{}))
		return true
	case "hello":
		s.out.Answer(*request.ID, s.hello(request))
	case "session":
		s.startSession(request)
	case "end":
		s.endSession(request)
		if s.lockstep != nil {
			s.lockstep.sessionOver(request.Session)
		}
	case "step":
		s.step(request)
	default:
		s.act(request)
	}
	return false
}

// asksForLockstep tells whether a line asks for a session in virtual time.
func asksForLockstep(line []byte) bool {
	request, err := control.Parse(bytes.Clone(line))
	return err == nil && request.Op == "session" && request.Clock == lockstepClock
}

// act begins an action on a session.
func (s *Server) act(request *control.Request) {
	prepare, known := actions[request.Op]
	reason, refused := s.library.Unsupported[request.Op]
	if !known && !refused {
		reason, refused = fmt.Sprintf("this shim knows no operation %q", request.Op), true
	}
	if refused {
		s.out.Answer(*request.ID, control.Unsupported(reason))
		return
	}
	session, err := s.session(request.Session)
	if err != nil {
		s.out.Answer(*request.ID, control.Fault(err.Error()))
		return
	}
	next, err := prepare(session, request)
	if err != nil {
		s.out.Answer(*request.ID, control.Fault(err.Error()))
		return
	}
	session.calls.Add(1)
	s.run(*request.ID, next, session.calls.Done)
}

// run makes a call on a goroutine of its own, answers it, then says over.
func (s *Server) run(id uint64, next call, over func()) {
	s.calls.Add(1)
	go func() {
		defer s.calls.Done()
		defer over()
		s.out.Answer(id, next())
	}()
}

// closeAll closes every session and waits, within reason, for what is pending.
func (s *Server) closeAll() {
	s.mu.Lock()
	for _, open := range s.sessions {
		if open != nil {
			go open.end()
		}
	}
	s.mu.Unlock()
	over := make(chan struct{})
	go func() {
		s.calls.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(patience):
	}
}

// Package shim serves the shim protocol for github.com/hashicorp/yamux: a
// table of sessions, the calls of an application on them, and their answers.
//
// One goroutine reads requests, checks them and finds what they are about;
// each call then runs on a goroutine of its own. The network comes in only as
// a Dial, time only as time.Now and the library's own timers.
package shim

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"yamux-conform/shims/go-hashicorp/internal/control"
)

// patience is how long leaving waits for sessions and calls to end.
const patience = time.Second

// A Server serves one harness.
type Server struct {
	out  *control.Writer
	raw  io.Writer
	dial Dial
	// bubble and guard are for virtual time; nil where there is none.
	bubble Bubble
	guard  *Guard
	// lockstep is not nil inside the bubble.
	lockstep *lockstep
	// calls are all requests that are not answered yet.
	calls sync.WaitGroup

	mu sync.Mutex
	// sessions has nil for a name that is being made or ended.
	sessions map[string]*session
}

// NewServer returns a Server that writes to out and makes transports by dial.
func NewServer(out io.Writer, dial Dial) *Server {
	return &Server{out: control.NewWriter(out), raw: out, dial: dial, sessions: map[string]*session{}}
}

// Lockstep lets the Server offer the lockstep clock. From the first session on
// that asks for it, the Server lives in the bubble and makes no other ones.
func (s *Server) Lockstep(guard *Guard, bubble Bubble) { s.guard, s.bubble = guard, bubble }

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
		s.out.Answer(*request.ID, hello(request, s.bubble != nil))
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
	if !known {
		reason, listed := unsupported[request.Op]
		if !listed {
			reason = fmt.Sprintf("this shim knows no operation %q", request.Op)
		}
		s.out.Answer(*request.ID, control.Unsupported(reason))
		return
	}
	session, err := s.session(request.Session)
	if err != nil {
		s.out.Answer(*request.ID, control.Fault(err.Error()))
		return
	}
	var next call
	prepared := guarded(func() control.Answer {
		if next, err = prepare(session, request); err != nil {
			return control.Fault(err.Error())
		}
		return control.Answer{}
	})
	if next == nil {
		s.out.Answer(*request.ID, prepared)
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
		s.out.Answer(id, guarded(next))
	}()
}

// guarded turns a panic of a call into a fault with where it happened.
func guarded(next call) (answer control.Answer) {
	defer func() {
		if panicked := recover(); panicked != nil {
			const lines = 16
			stack := strings.SplitN(string(debug.Stack()), "\n", lines+1)
			answer = control.Fault(fmt.Sprintf("panic: %v\n%s", panicked, strings.Join(stack[:min(lines, len(stack))], "\n")))
		}
	}()
	return next()
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

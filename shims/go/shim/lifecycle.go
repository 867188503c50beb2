package shim

import (
	"errors"
	"fmt"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/library"
)

// startSession dials and makes a session; its name is taken from now on.
func (s *Server) startSession(request *control.Request) {
	if err := s.take(request); err != nil {
		s.out.Answer(*request.ID, control.Fault(err.Error()))
		return
	}
	s.run(*request.ID, func() control.Answer {
		made, refused := s.makeSession(request)
		s.put(request.Session, made)
		if made == nil {
			return refused
		}
		return control.OK(begun{made.local})
	}, func() {})
}

// begun is what the harness is told of a new session.
type begun struct {
	// Local is the address dialled from, by which it knows the connection;
	// absent where there is no socket.
	Local string `json:"local,omitempty"`
}

// makeSession returns a running session, or why there is none.
func (s *Server) makeSession(request *control.Request) (*session, control.Answer) {
	log := &libraryLog{session: request.Session, out: s.out}
	settings, refused, ok := s.parseSettings(request.Settings)
	if !ok {
		return nil, refused
	}
	begin, err := s.library.Prepare(settings.library, log)
	if err != nil {
		return nil, control.Unsupported(err.Error())
	}
	dial := s.dial
	if s.lockstep != nil {
		dial = s.lockstep.dial(request.Session)
	}
	conn, err := dial(request.Dial, settings.socketBuffer)
	if err != nil {
		return nil, control.Fault(fmt.Sprintf("cannot dial: %v", err))
	}
	running, err := begin(library.Side(request.Side), conn)
	if err != nil {
		_ = conn.Close()
		if s.lockstep != nil {
			delete(s.lockstep.ends, request.Session)
		}
		return nil, control.Unsupported(err.Error())
	}
	made := &session{
		name:    request.Session,
		out:     s.out,
		log:     log,
		library: s.library,
		running: running,
		ended:   make(chan struct{}),
		giving:  map[uint64]giving{},
		streams: map[string]*stream{},
	}
	if s.lockstep == nil {
		made.local = conn.LocalAddr().String()
	}
	go made.watch()
	return made, control.Answer{}
}

// endSession ends a session; its name is free once that is answered.
func (s *Server) endSession(request *control.Request) {
	ending, err := s.session(request.Session)
	if err != nil {
		s.out.Answer(*request.ID, control.Fault(err.Error()))
		return
	}
	// From here on no request finds it, so its calls only get fewer.
	s.mu.Lock()
	s.sessions[request.Session] = nil
	s.mu.Unlock()
	s.run(*request.ID, func() control.Answer {
		ending.end()
		s.put(request.Session, nil)
		return control.OK(control.Nothing{})
	}, func() {})
}

// take checks a request for a session and takes its name.
func (s *Server) take(request *control.Request) error {
	switch {
	case request.Session == "":
		return errMissing("session")
	case request.Clock == lockstepClock && s.lockstep == nil:
		return errors.New("this program has the live clock only")
	case request.Clock != lockstepClock && s.lockstep != nil:
		return errors.New("this process is in lockstep: a session on another clock needs another process")
	case request.Dial == "" && s.lockstep == nil:
		return errMissing("dial")
	case request.Side != string(library.Client) && request.Side != string(library.Server):
		return fmt.Errorf(`"side" must be "client" or "server", found %q`, request.Side)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lockstep != nil && len(s.sessions) > 1 {
		return errors.New("in lockstep there are at most the two ends of one connection: end the sessions before")
	}
	if _, taken := s.sessions[request.Session]; taken {
		return fmt.Errorf("session %q is already there: end it first", request.Session)
	}
	s.sessions[request.Session] = nil
	return nil
}

// put gives a taken name its session, or frees it for nil.
func (s *Server) put(name string, made *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made == nil {
		delete(s.sessions, name)
		return
	}
	s.sessions[name] = made
}

// session finds the session a request is about.
func (s *Server) session(name string) (*session, error) {
	if name == "" {
		return nil, errMissing("session")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.sessions[name]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("there is no session %q: wait for the answer to its session request, and for none after end", name)
}

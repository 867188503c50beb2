package main

import (
	"encoding/json"
	"fmt"
	"time"
)

// A stream is one yamux stream, whose calls of one kind are made in order.
type stream struct {
	yamux         *libraryStream
	reads, writes queue
}

// A call asks the library, which may take long, and returns the fields of ok.
type call func() (fields, error)

// A queue makes calls in the order in which they were put in, which only the
// goroutine that reads requests may do. Each returned call must be run.
type queue struct{ last chan struct{} }

func (q *queue) put(next call) call {
	before, over := q.last, make(chan struct{})
	q.last = over
	return func() (fields, error) {
		defer close(over)
		if before != nil {
			<-before
		}
		return next()
	}
}

// actions check a request and make it a call of the library.
var actions = map[string]func(*session, *request) (call, error){
	"open": func(s *session, r *request) (call, error) {
		return s.labelled(r, &s.opens, s.yamux.open)
	},
	"accept": func(s *session, r *request) (call, error) {
		return s.labelled(r, &s.accepts, s.yamux.accept)
	},
	"write": func(s *session, r *request) (call, error) {
		stream, err := s.find(r)
		if err != nil {
			return nil, err
		}
		if r.Bytes == nil {
			return nil, fault(`write needs "bytes"`)
		}
		return stream.writes.put(func() (fields, error) { return write(stream.yamux, r) }), nil
	},
	"read": func(s *session, r *request) (call, error) {
		stream, err := s.find(r)
		if err != nil {
			return nil, err
		}
		if r.Bytes == nil && !r.ToEnd {
			return nil, fault(`read needs "bytes" or "to_end"`)
		}
		if r.ToEnd && r.Chunk != nil && *r.Chunk == 0 {
			return nil, fault(`"chunk" must be 1 at least`)
		}
		return stream.reads.put(func() (fields, error) { return read(stream.yamux, r) }), nil
	},
	"drop": func(s *session, r *request) (call, error) {
		stream, err := s.find(r)
		if err != nil {
			return nil, err
		}
		s.forget(r.Stream)
		return simply(stream.yamux.drop), nil
	},
	"set_deadline": func(s *session, r *request) (call, error) {
		stream, err := s.find(r)
		if err != nil {
			return nil, err
		}
		// At once: it holds for whatever is requested after it.
		if err = deadline(r.ReadUS, stream.yamux.setReadDeadline); err == nil {
			err = deadline(r.WriteUS, stream.yamux.setWriteDeadline)
		}
		return simply(func() error { return err }), nil
	},
	"half_close":    onStream((*libraryStream).halfClose),
	"close":         onStream((*libraryStream).close),
	"reset":         onStream((*libraryStream).reset),
	"ping":          onSession((*librarySession).ping),
	"go_away":       onSession((*librarySession).goAway),
	"close_session": onSession((*librarySession).closeSession),
	"count_streams": func(s *session, r *request) (call, error) {
		return func() (fields, error) { return fields{"streams": s.yamux.countStreams()}, nil }, nil
	},
}

func simply(ask func() error) call { return func() (fields, error) { return fields{}, ask() } }

func onSession(ask func(*librarySession) error) func(*session, *request) (call, error) {
	return func(s *session, _ *request) (call, error) {
		return simply(func() error { return ask(s.yamux) }), nil
	}
}

func onStream(ask func(*libraryStream) error) func(*session, *request) (call, error) {
	return func(s *session, r *request) (call, error) {
		stream, err := s.find(r)
		if err != nil {
			return nil, err
		}
		return simply(func() error { return ask(stream.yamux) }), nil
	}
}

// labelled gives the label of a request to the stream that comes of ask.
func (s *session) labelled(r *request, turns *queue, ask func() (*libraryStream, error)) (call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.streams[r.Stream]; used || r.Stream == "" {
		return nil, fault(fmt.Sprintf("there is a stream %q, or it has no name", r.Stream))
	}
	s.streams[r.Stream] = nil
	return turns.put(func() (fields, error) {
		made, err := ask()
		if err != nil {
			s.forget(r.Stream)
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.streams[r.Stream] = &stream{yamux: made}
		return fields{"stream_number": made.number()}, nil
	}), nil
}

func (s *session) forget(label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, label)
}

// find finds the stream that a request is about.
func (s *session) find(r *request) (*stream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.streams[r.Stream]; found != nil {
		return found, nil
	}
	return nil, fault(fmt.Sprintf("there is no stream %q", r.Stream))
}

// deadline sets one that a request names; null is none, absent changes nothing.
func deadline(text json.RawMessage, set func(time.Time) error) error {
	if text == nil {
		return nil
	}
	var us *int64
	if err := json.Unmarshal(text, &us); err != nil {
		return fault("a deadline is a number of microseconds or null, found " + string(text))
	}
	if us == nil {
		return set(time.Time{})
	}
	return set(time.Now().Add(time.Duration(*us) * time.Microsecond))
}

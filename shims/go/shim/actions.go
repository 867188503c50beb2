package shim

import (
	"errors"
	"time"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/library"
)

// An action checks a request and returns the call that carries it out. It runs
// on the goroutine that reads requests, so it must not wait; its error is a
// fault of the request.
type action func(*session, *control.Request) (call, error)

// actions maps an application's wishes to calls of the library.
var actions = map[string]action{
	"accept": func(s *session, r *control.Request) (call, error) {
		return s.begin(&s.accepts, r.Stream, s.running.Accept)
	},
	"close": func(s *session, r *control.Request) (call, error) {
		return s.onStream(r, library.Stream.Close)
	},
	"close_session": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer { return s.plain(s.running.Close()) }, nil
	},
	"count_streams": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer {
			return control.OK(struct {
				Streams int `json:"streams"`
			}{s.running.CountStreams()})
		}, nil
	},
	"drop": func(s *session, r *control.Request) (call, error) {
		if _, err := s.stream(r.Stream); err != nil {
			return nil, err
		}
		s.forget(r.Stream)
		return func() control.Answer { return s.plain(nil) }, nil
	},
	"go_away": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer { return s.plain(s.running.GoAway()) }, nil
	},
	"half_close": func(s *session, r *control.Request) (call, error) {
		return s.onStream(r, library.Stream.HalfClose)
	},
	"open": func(s *session, r *control.Request) (call, error) {
		return s.begin(&s.opens, r.Stream, s.running.Open)
	},
	"ping": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer { return s.plain(s.running.Ping()) }, nil
	},
	"read": read,
	"reset": func(s *session, r *control.Request) (call, error) {
		return s.onStream(r, func(stream library.Stream) error { return stream.(library.Resetter).Reset() })
	},
	"set_deadline": setDeadline,
	"write":        write,
}

// begin makes an open or an accept, whose stream gets the label.
func (s *session) begin(order *queue, label string, get func() (library.Stream, error)) (call, error) {
	if err := s.reserve(label); err != nil {
		return nil, err
	}
	return order.put(func() control.Answer {
		begun, err := get()
		if err != nil {
			s.forget(label)
			return s.plain(err)
		}
		s.nameStream(label, begun)
		return control.OK(struct {
			StreamNumber uint32 `json:"stream_number"`
		}{begun.StreamID()})
	}), nil
}

// onStream makes a call of a stream that says no more than whether it worked.
func (s *session) onStream(r *control.Request, do func(library.Stream) error) (call, error) {
	stream, err := s.stream(r.Stream)
	if err != nil {
		return nil, err
	}
	return func() control.Answer { return s.plain(do(stream.running)) }, nil
}

// setDeadline sets them before the next request is read, so that a call asked
// for after it is under them.
func setDeadline(s *session, r *control.Request) (call, error) {
	stream, err := s.stream(r.Stream)
	if err != nil {
		return nil, err
	}
	if !r.ReadUS.Present && !r.WriteUS.Present {
		return nil, errors.New(`the request has neither "read_us" nor "write_us"`)
	}
	now := time.Now()
	var failed error
	for _, direction := range []struct {
		after control.Micros
		set   func(time.Time) error
	}{
		{r.ReadUS, stream.running.SetReadDeadline},
		{r.WriteUS, stream.running.SetWriteDeadline},
	} {
		if !direction.after.Present {
			continue
		}
		// The zero time is Go's word for no deadline.
		var at time.Time
		if us := direction.after.Value; us != nil {
			if err := duration(*us, func(wait time.Duration) { at = now.Add(wait) }); err != nil {
				return nil, err
			}
		}
		failed = errors.Join(failed, direction.set(at))
	}
	return func() control.Answer { return s.plain(failed) }, nil
}

// plain is the answer of a call that either worked or did not.
func (s *session) plain(err error) control.Answer {
	if err != nil {
		return control.Err(control.Failure{Class: string(s.library.Class(err)), Native: err.Error()})
	}
	return control.OK(control.Nothing{})
}

package shim

import (
	"errors"
	"time"

	"github.com/hashicorp/yamux"

	"yamux-conform/shims/go-hashicorp/internal/control"
	"yamux-conform/shims/go-hashicorp/internal/errclass"
)

// An action checks a request and returns the call that carries it out. It runs
// on the goroutine that reads requests, so it must not wait; its error is a
// fault of the request.
type action func(*session, *control.Request) (call, error)

// actions maps an application's wishes to what hashicorp/yamux has for them.
var actions = map[string]action{
	"accept": func(s *session, r *control.Request) (call, error) {
		return s.begin(&s.accepts, r.Stream, (*yamux.Session).AcceptStream)
	},
	// The library's one Close serves two wishes: it sends FIN, reading goes on.
	"close":      closeStream,
	"half_close": closeStream,
	"close_session": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer { return plain(s.yamux.Close()) }, nil
	},
	"count_streams": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer {
			return control.OK(struct {
				Streams int `json:"streams"`
			}{s.yamux.NumStreams()})
		}, nil
	},
	"drop": func(s *session, r *control.Request) (call, error) {
		if _, err := s.stream(r.Stream); err != nil {
			return nil, err
		}
		s.forget(r.Stream)
		return func() control.Answer { return plain(nil) }, nil
	},
	"go_away": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer { return plain(s.yamux.GoAway()) }, nil
	},
	"open": func(s *session, r *control.Request) (call, error) {
		return s.begin(&s.opens, r.Stream, (*yamux.Session).OpenStream)
	},
	"ping": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer {
			_, err := s.yamux.Ping()
			return plain(err)
		}, nil
	},
	"read":         read,
	"set_deadline": setDeadline,
	"write":        write,
}

// begin makes an open or an accept, whose stream gets the label.
func (s *session) begin(order *queue, label string, get func(*yamux.Session) (*yamux.Stream, error)) (call, error) {
	if err := s.reserve(label); err != nil {
		return nil, err
	}
	return order.put(func() control.Answer {
		begun, err := get(s.yamux)
		if err != nil {
			s.forget(label)
			return plain(err)
		}
		s.nameStream(label, begun)
		return control.OK(struct {
			StreamNumber uint32 `json:"stream_number"`
		}{begun.StreamID()})
	}), nil
}

func closeStream(s *session, r *control.Request) (call, error) {
	stream, err := s.stream(r.Stream)
	if err != nil {
		return nil, err
	}
	return func() control.Answer { return plain(stream.yamux.Close()) }, nil
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
		{r.ReadUS, stream.yamux.SetReadDeadline},
		{r.WriteUS, stream.yamux.SetWriteDeadline},
	} {
		if !direction.after.Present {
			continue
		}
		// The zero time is the library's word for no deadline.
		var at time.Time
		if us := direction.after.Value; us != nil {
			var wait time.Duration
			if err := duration(*us, &wait); err != nil {
				return nil, err
			}
			at = now.Add(wait)
		}
		failed = errors.Join(failed, direction.set(at))
	}
	return func() control.Answer { return plain(failed) }, nil
}

// plain is the answer of a call that either worked or did not.
func plain(err error) control.Answer {
	if err != nil {
		return control.Err(control.Failure{Class: string(errclass.Of(err)), Native: err.Error()})
	}
	return control.OK(control.Nothing{})
}

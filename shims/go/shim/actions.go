package shim

import (
	"context"
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
		get := func(context.Context) (library.Stream, error) { return s.running.Accept() }
		if able, ok := s.running.(library.Accepter); ok {
			get = able.AcceptContext
		}
		return s.begin(&s.accepts, r, get)
	},
	"cancel": cancel,
	"close": func(s *session, r *control.Request) (call, error) {
		return s.onStream(r, library.Stream.Close)
	},
	"close_read": func(s *session, r *control.Request) (call, error) {
		return s.onStream(r, func(stream library.Stream) error { return stream.(library.ReadCloser).CloseRead() })
	},
	"close_session": func(s *session, r *control.Request) (call, error) {
		return s.withCode(r, s.running.Close, func(code uint32) error { return s.running.(library.CodeCloser).CloseWithCode(code) }), nil
	},
	"count_streams": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer {
			return control.OK(struct {
				Streams int `json:"streams"`
			}{s.running.CountStreams()})
		}, nil
	},
	"drop":   forget,
	"forget": forget,
	"go_away": func(s *session, r *control.Request) (call, error) {
		return s.withCode(r, s.running.GoAway, func(code uint32) error { return s.running.(library.CodeLeaver).GoAwayWithCode(code) }), nil
	},
	"half_close": func(s *session, r *control.Request) (call, error) {
		return s.onStream(r, library.Stream.HalfClose)
	},
	"open": func(s *session, r *control.Request) (call, error) {
		get := func(context.Context) (library.Stream, error) { return s.running.Open() }
		if able, ok := s.running.(library.Opener); ok {
			get = able.OpenContext
		}
		return s.begin(&s.opens, r, get)
	},
	"ping": func(s *session, _ *control.Request) (call, error) {
		return func() control.Answer { return s.plain(s.running.Ping()) }, nil
	},
	"read": read,
	"reset": func(s *session, r *control.Request) (call, error) {
		stream, err := s.stream(r.Stream)
		if err != nil {
			return nil, err
		}
		return s.withCode(r,
			func() error { return stream.running.(library.Resetter).Reset() },
			func(code uint32) error { return stream.running.(library.CodeResetter).ResetWithCode(code) }), nil
	},
	"set_deadline": setDeadline,
	"stats":        stats,
	"write":        write,
}

// begin makes an open or an accept, whose stream gets the label. It ends early
// if it is cancelled or its deadline passes.
func (s *session) begin(order *queue, r *control.Request, get func(context.Context) (library.Stream, error)) (call, error) {
	label := r.Stream
	ctx, stop := context.WithCancel(context.Background())
	if r.DeadlineUS != nil {
		if reason, lacks := s.library.Unsupported["deadline_"+r.Op]; lacks {
			stop()
			return func() control.Answer { return control.Unsupported(reason) }, nil
		}
		if err := duration(*r.DeadlineUS, func(wait time.Duration) { ctx, stop = context.WithTimeout(ctx, wait) }); err != nil {
			return nil, err
		}
	}
	if err := s.reserve(label); err != nil {
		stop()
		return nil, err
	}
	s.cancellable(*r.ID, giving{r.Op, stop})
	over := func(begun library.Stream, err error) control.Answer {
		s.over(*r.ID)
		stop()
		if err != nil {
			s.forget(label)
			return s.plain(err)
		}
		s.nameStream(label, begun)
		return control.OK(struct {
			StreamNumber uint32 `json:"stream_number"`
		}{begun.StreamID()})
	}
	return order.putUntil(ctx.Done(),
		func() control.Answer { return over(get(ctx)) },
		func() control.Answer { return over(nil, ctx.Err()) }), nil
}

// cancel gives up an open or an accept. What is over stays as it is.
func cancel(s *session, r *control.Request) (call, error) {
	if r.Of == nil {
		return nil, errMissing("of")
	}
	given, waits := s.givenUp(*r.Of)
	if reason, lacks := s.library.Unsupported["cancel_"+given.op]; waits && lacks {
		return func() control.Answer { return control.Unsupported(reason) }, nil
	}
	return func() control.Answer {
		if waits {
			given.up()
		}
		return s.plain(nil)
	}, nil
}

// forget keeps no handle of a stream: what is left of it is garbage.
func forget(s *session, r *control.Request) (call, error) {
	if _, err := s.stream(r.Stream); err != nil {
		return nil, err
	}
	s.forget(r.Stream)
	return func() control.Answer { return s.plain(nil) }, nil
}

// onStream makes a call of a stream that says no more than whether it worked.
func (s *session) onStream(r *control.Request, do func(library.Stream) error) (call, error) {
	stream, err := s.stream(r.Stream)
	if err != nil {
		return nil, err
	}
	return func() control.Answer { return s.plain(do(stream.running)) }, nil
}

// withCode makes a call that may have a code for the peer.
func (s *session) withCode(r *control.Request, without func() error, with func(uint32) error) call {
	if r.Code == nil {
		return func() control.Answer { return s.plain(without()) }
	}
	if reason, lacks := s.library.Unsupported["code_"+r.Op]; lacks {
		return func() control.Answer { return control.Unsupported(reason) }
	}
	return func() control.Answer { return s.plain(with(*r.Code)) }
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
		return control.Err(s.failure(err))
	}
	return control.OK(control.Nothing{})
}

// failure says why a call failed, and with which code of the peer.
func (s *session) failure(err error) control.Failure {
	failure := control.Failure{Class: string(s.library.Class(err)), Native: err.Error()}
	if s.library.Told != nil {
		if code, told := s.library.Told(err); told {
			failure.Told = &code
		}
	}
	return failure
}

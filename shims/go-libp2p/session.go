package main

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/libp2p/go-yamux/v5"

	"yamux-conform/shims/go/library"
)

func prepare(wanted library.Settings, log io.Writer) (library.Begin, error) {
	config, err := configOf(wanted, log)
	if err != nil {
		return nil, err
	}
	return func(side library.Side, conn net.Conn) (library.Session, error) {
		begin := yamux.Client
		if side == library.Server {
			begin = yamux.Server
		}
		running, err := begin(conn, config, nil)
		if err != nil {
			return nil, err
		}
		return session{running}, nil
	}, nil
}

// configOf makes the library's configuration. What is not named is as in its
// DefaultConfig, but for keep-alive. The ping with which each session begins,
// and which it repeats every half a minute to measure the round trip, cannot be
// switched off.
func configOf(wanted library.Settings, log io.Writer) (*yamux.Config, error) {
	config := yamux.DefaultConfig()
	config.LogOutput = withoutTime{log}
	if wanted.AcceptBacklog != nil {
		config.AcceptBacklog = *wanted.AcceptBacklog
	}
	if timeout := wanted.ConnectionWriteTimeout; timeout != nil {
		if *timeout == 0 {
			return nil, errors.New("go-yamux cannot be without a connection write timeout")
		}
		config.ConnectionWriteTimeout = *timeout
	}
	if config.EnableKeepAlive = wanted.KeepAliveInterval > 0; config.EnableKeepAlive {
		config.KeepAliveInterval = wanted.KeepAliveInterval
	}
	if wanted.MaxStreams != nil {
		config.MaxIncomingStreams = *wanted.MaxStreams
	}
	if wanted.MaxFrameSize != nil {
		// It counts the header in.
		config.MaxMessageSize = *wanted.MaxFrameSize + headerSize
	}
	if wanted.MaxWindow != nil {
		// A stream's window begins at the one size and may grow to the other by
		// what the library measures. Both together are the window that the
		// setting means: announced with the stream, and never more.
		config.InitialStreamWindowSize = *wanted.MaxWindow
		config.MaxStreamWindowSize = *wanted.MaxWindow
	}
	return config, yamux.VerifyConfig(config)
}

// headerSize is the length of every header.
const headerSize = 12

type session struct{ *yamux.Session }

func (s session) Open() (library.Stream, error) { return named(s.OpenStream(context.Background())) }

func (s session) OpenContext(ctx context.Context) (library.Stream, error) {
	return named(s.OpenStream(ctx))
}

func (s session) Accept() (library.Stream, error) { return named(s.AcceptStream()) }

func (s session) Ping() error {
	_, err := s.Session.Ping()
	return err
}

// codeCloser is a session of v5 or later.
type codeCloser interface{ CloseWithError(uint32) error }

func (s session) CloseWithCode(code uint32) error {
	return any(s.Session).(codeCloser).CloseWithError(code)
}

func (s session) CountStreams() int { return s.NumStreams() }

func (s session) Done() <-chan struct{} { return s.CloseChan() }

// Cause is what an open says: of a session that has ended it tells at once why,
// and does nothing else.
func (s session) Cause() error {
	_, err := s.OpenStream(context.Background())
	return err
}

// Its Close stops reading too, and its Reset is one.
type stream struct{ *yamux.Stream }

// named keeps a nil stream from looking like one.
func named(begun *yamux.Stream, err error) (library.Stream, error) {
	if err != nil {
		return nil, err
	}
	return stream{begun}, nil
}

func (s stream) ResetWithCode(code uint32) error {
	return any(s.Stream).(interface{ ResetWithError(uint32) error }).ResetWithError(code)
}

func (s stream) HalfClose() error { return s.CloseWrite() }

// withoutTime takes the time off each line of the library's log: in lockstep the
// same session must say the same every time.
type withoutTime struct{ io.Writer }

func (w withoutTime) Write(line []byte) (int, error) {
	const stamp = len("2006/01/02 15:04:05 ")
	_, err := w.Writer.Write(line[min(stamp, len(line)):])
	return len(line), err
}

package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"time"

	"github.com/hashicorp/yamux"

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
		running, err := begin(conn, config)
		if err != nil {
			return nil, err
		}
		begun := session{running, config.AcceptBacklog}
		if able, ok := any(running).(accepter); ok {
			return cancelable{begun, able}, nil
		}
		return begun, nil
	}, nil
}

// configOf makes the library's configuration. What is not named is as in its
// DefaultConfig, but for keep-alive.
func configOf(wanted library.Settings, output io.Writer) (*yamux.Config, error) {
	config := yamux.DefaultConfig()
	// Every version of the library takes a *log.Logger, so that the shim can be
	// built with another one.
	config.LogOutput, config.Logger = nil, log.New(output, "", 0)
	if wanted.AcceptBacklog != nil {
		config.AcceptBacklog = *wanted.AcceptBacklog
	}
	if timeout := wanted.ConnectionWriteTimeout; timeout != nil {
		if *timeout == 0 {
			return nil, errors.New("hashicorp/yamux cannot be without a connection write timeout")
		}
		config.ConnectionWriteTimeout = *timeout
	}
	if config.EnableKeepAlive = wanted.KeepAliveInterval > 0; config.EnableKeepAlive {
		config.KeepAliveInterval = wanted.KeepAliveInterval
	}
	if wanted.MaxWindow != nil {
		config.MaxStreamWindowSize = *wanted.MaxWindow
	}
	set(&config.StreamCloseTimeout, wanted.StreamCloseTimeout)
	set(&config.StreamOpenTimeout, wanted.StreamOpenTimeout)
	return config, yamux.VerifyConfig(config)
}

func set(timeout, wanted *time.Duration) {
	if wanted != nil {
		*timeout = *wanted
	}
}

type session struct {
	*yamux.Session
	backlog int
}

func (s session) Open() (library.Stream, error) { return named(s.OpenStream()) }

func (s session) Accept() (library.Stream, error) { return named(s.AcceptStream()) }

// accepter is a session of v0.1.2 or later: before, nothing ends an accept.
type accepter interface {
	AcceptStreamWithContext(context.Context) (*yamux.Stream, error)
}

// cancelable is a session whose accepts can be given up.
type cancelable struct {
	session
	accepter
}

func (c cancelable) AcceptContext(ctx context.Context) (library.Stream, error) {
	return named(c.accepter.AcceptStreamWithContext(ctx))
}

func (s session) Ping() error {
	_, err := s.Session.Ping()
	return err
}

func (s session) CountStreams() int { return s.NumStreams() }

func (s session) Done() <-chan struct{} { return s.CloseChan() }

// Cause asks by accepts: only they tell it, and each accept of an ended session
// chooses at random between the cause and a stream that nobody had accepted,
// for which it may say ErrSessionShutdown. No more than backlog streams can
// wait, so one accept more than that has met the cause. This takes no stream
// from the application: whether its own accept would still get one is as
// random.
func (s session) Cause() error {
	for range s.backlog + 1 {
		_, err := s.AcceptStream()
		if err != nil && !errors.Is(err, yamux.ErrSessionShutdown) {
			return err
		}
	}
	return yamux.ErrSessionShutdown
}

type stream struct{ *yamux.Stream }

// named keeps a nil stream from looking like one.
func named(begun *yamux.Stream, err error) (library.Stream, error) {
	if err != nil {
		return nil, err
	}
	return stream{begun}, nil
}

// HalfClose is Close: the library's one call serves both wishes. It sends FIN,
// and reading goes on.
func (s stream) HalfClose() error { return s.Close() }

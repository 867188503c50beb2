package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/hashicorp/yamux"
)

// The library.go of `yamux-conform shim init --lang go`, filled in for
// github.com/hashicorp/yamux: all that the author of this shim has written.

const path = "github.com/hashicorp/yamux"

// implementation asks the build what is linked.
func implementation() fields {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == path {
				version = module.Version
			}
		}
	}
	return fields{"name": "my-yamux", "library": path, "version": version, "language": runtime.Version()}
}

// config is made of the settings that a scenario names; the others stay what
// the library has. Keep-alive is the exception: it is off unless it is named.
type config struct{ change []func(*yamux.Config) }

func (c *config) library() *yamux.Config {
	made := yamux.DefaultConfig()
	made.EnableKeepAlive = false
	// Not to stdout, which belongs to the protocol.
	made.LogOutput, made.Logger = nil, log.New(os.Stderr, "", 0)
	for _, change := range c.change {
		change(made)
	}
	return made
}

var setters = map[string]func(*config, json.RawMessage) error{
	"accept_backlog": number(func(c *yamux.Config, n uint32) { c.AcceptBacklog = int(n) }),
	"max_window":     number(func(c *yamux.Config, n uint32) { c.MaxStreamWindowSize = n }),
	"keep_alive_interval_us": number(func(c *yamux.Config, n uint32) {
		if c.EnableKeepAlive = n > 0; n > 0 {
			c.KeepAliveInterval = micros(n)
		}
	}),
	"connection_write_timeout_us": number(func(c *yamux.Config, n uint32) { c.ConnectionWriteTimeout = micros(n) }),
	"stream_close_timeout_us":     number(func(c *yamux.Config, n uint32) { c.StreamCloseTimeout = micros(n) }),
	"stream_open_timeout_us":      number(func(c *yamux.Config, n uint32) { c.StreamOpenTimeout = micros(n) }),
}

// number makes a setter, which lets the library judge the value.
func number(put func(*yamux.Config, uint32)) func(*config, json.RawMessage) error {
	return func(c *config, text json.RawMessage) error {
		var value uint32
		if err := json.Unmarshal(text, &value); err != nil {
			return fault("a setting is a number, found " + string(text))
		}
		c.change = append(c.change, func(made *yamux.Config) { put(made, value) })
		if err := yamux.VerifyConfig(c.library()); err != nil {
			return unsupported(err.Error())
		}
		return nil
	}
}

func micros(n uint32) time.Duration { return time.Duration(n) * time.Microsecond }

var habits = []string{}

var lacks = map[string]string{
	"cancel":         "this shim lets every call run on",
	"close_read":     "hashicorp/yamux has no call that ends reading alone",
	"drop":           "Go has no destructor: the library does not learn that a handle is let go of",
	"max_frame_size": "hashicorp/yamux writes a frame as long as the window allows",
	"max_streams":    "hashicorp/yamux limits only the streams that wait to be accepted",
	"next_stream_id": "the number of the next stream is not exported",
	"stats":          "this shim looks at nothing that the library takes up",
	"forget":         "this shim keeps each stream to the end of its session",
	"reset":          "hashicorp/yamux has no call that resets a stream",
	"close_resets":   "hashicorp/yamux takes what comes for a closed stream until its close timeout",
	"socket_buffer":  "this shim leaves the buffers of its socket alone",
}

var classes = []struct {
	err   error
	class string
}{
	{yamux.ErrConnectionReset, "stream_reset"},
	{yamux.ErrConnectionWriteTimeout, "connection_write_timeout"},
	{yamux.ErrDuplicateStream, "protocol"},
	{yamux.ErrInvalidMsgType, "protocol"},
	{yamux.ErrInvalidVersion, "protocol"},
	{yamux.ErrKeepAliveTimeout, "keepalive_timeout"},
	{yamux.ErrRecvWindowExceeded, "window_exceeded"},
	{yamux.ErrRemoteGoAway, "remote_go_away"},
	{yamux.ErrSessionShutdown, "session_shutdown"},
	{yamux.ErrStreamClosed, "stream_closed"},
	{yamux.ErrStreamsExhausted, "streams_exhausted"},
	{yamux.ErrTimeout, "deadline"},
	{yamux.ErrUnexpectedFlag, "protocol"},
	{io.EOF, "eof"},
}

// goAways are errors that the library makes on the spot when a go-away with a
// code comes: they have no identity, only a text.
var goAways = map[string]bool{
	"remote yamux internal error": true,
	"unexpected go away received": true,
	"yamux protocol error":        true,
}

func classify(err error) string {
	for _, known := range classes {
		if errors.Is(err, known.err) {
			return known.class
		}
	}
	var transport *net.OpError
	switch {
	case goAways[err.Error()]:
		return "remote_go_away"
	case errors.As(err, &transport), errors.Is(err, net.ErrClosed):
		return "transport"
	}
	return "unclassified"
}

type librarySession struct {
	*yamux.Session
	backlog int
}

func begin(conn net.Conn, side string, config *config, over func(class, native string)) (*librarySession, error) {
	start := yamux.Client
	if side == "server" {
		start = yamux.Server
	}
	made := config.library()
	running, err := start(conn, made)
	if err != nil {
		return nil, err
	}
	s := &librarySession{running, made.AcceptBacklog}
	go func() {
		// The library's own signal. An accept in the background would take the
		// streams that the scenario accepts.
		<-running.CloseChan()
		err := s.cause()
		over(classify(err), err.Error())
	}()
	return s, nil
}

// cause asks an ended session why: only its accepts know, once no stream waits
// any more, and each chooses at random what it says.
func (s *librarySession) cause() error {
	for range s.backlog + 1 {
		if _, err := s.AcceptStream(); err != nil && !errors.Is(err, yamux.ErrSessionShutdown) {
			return err
		}
	}
	return yamux.ErrSessionShutdown
}

func (s *librarySession) finish()                         { s.Close() }
func (s *librarySession) open() (*libraryStream, error)   { return named(s.OpenStream()) }
func (s *librarySession) accept() (*libraryStream, error) { return named(s.AcceptStream()) }
func (s *librarySession) ping() error                     { _, err := s.Ping(); return err }
func (s *librarySession) goAway() error                   { return s.GoAway() }
func (s *librarySession) closeSession() error             { return s.Close() }
func (s *librarySession) countStreams() int               { return s.NumStreams() }

type libraryStream struct{ *yamux.Stream }

func named(made *yamux.Stream, err error) (*libraryStream, error) { return &libraryStream{made}, err }

func (s *libraryStream) number() uint32                { return s.StreamID() }
func (s *libraryStream) read(buf []byte) (int, error)  { return s.Read(buf) }
func (s *libraryStream) write(buf []byte) (int, error) { return s.Write(buf) }

// One call serves both wishes: it sends FIN, and reading goes on.
func (s *libraryStream) halfClose() error { return s.Close() }
func (s *libraryStream) close() error     { return s.Close() }
func (s *libraryStream) reset() error     { return unsupported(lacks["reset"]) }
func (s *libraryStream) drop() error      { return unsupported(lacks["drop"]) }

func (s *libraryStream) setReadDeadline(t time.Time) error  { return s.SetReadDeadline(t) }
func (s *libraryStream) setWriteDeadline(t time.Time) error { return s.SetWriteDeadline(t) }

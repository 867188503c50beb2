package main

import (
	"encoding/json"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"time"
)

// The library behind the shim. FILL IN all of this file; the others speak the
// protocol and hold as they are.

// implementation is what is driven. Ask debug.ReadBuildInfo for the version, so
// that it is the one that is really linked.
func implementation() fields {
	return fields{"name": "my-yamux", "library": "none yet", "version": "0", "language": runtime.Version()}
}

// config is what a session is made with: the library's own defaults, but
// without keep-alive.
type config struct{}

// setters puts each setting that the library has into its place, or returns
// unsupported(reason) for a value that it cannot have.
var setters = map[string]func(*config, json.RawMessage) error{}

// habits are what the library lawfully does and the harness must know:
// "buffered_writes", "own_pings", "polls".
var habits = []string{}

const todo = "not written yet"

// lacks are the calls and settings that are not there, and why. Take a name out
// once it is; what the library cannot have stays.
var lacks = map[string]string{
	"accept":        todo,
	"close":         todo,
	"cancel":        todo,
	"close_read":    todo,
	"close_session": todo,
	"count_streams": todo,
	"drop":          todo,
	"forget":        todo,
	"go_away":       todo,
	"half_close":    todo,
	"open":          todo,
	"ping":          todo,
	"read":          todo,
	"reset":         todo,
	"set_deadline":  todo,
	"stats":         todo,
	"write":         todo,

	"accept_backlog":              todo,
	"close_resets":                todo,
	"connection_write_timeout_us": todo,
	"keep_alive_interval_us":      todo,
	"max_frame_size":              todo,
	"max_streams":                 todo,
	"max_window":                  todo,
	"next_stream_id":              todo,
	"socket_buffer":               todo,
	"stream_close_timeout_us":     todo,
	"stream_open_timeout_us":      todo,
}

// classify returns the class of the list that an error of the library belongs
// to. Tell errors apart by identity (errors.Is), not by their text.
func classify(err error) string {
	if err == io.EOF {
		return "eof"
	}
	return "unclassified"
}

// A librarySession is a session of the library. As it stands there is no yamux,
// only the socket.
type librarySession struct {
	conn   net.Conn
	ending atomic.Bool
}

// begin makes a session on a connected socket. over is to be called as soon as
// the library knows that the session has ended.
func begin(conn net.Conn, side string, config *config, over func(class, native string)) (*librarySession, error) {
	s := &librarySession{conn: conn}
	go func() {
		_, err := io.Copy(io.Discard, conn)
		switch {
		case s.ending.Load():
			over("session_shutdown", "closed")
		case err == nil:
			over("eof", "end of the transport")
		default:
			over("transport", err.Error())
		}
	}()
	return s, nil
}

// finish closes the session as the library's users do, whatever state it is in.
func (s *librarySession) finish() {
	s.ending.Store(true)
	s.conn.Close()
}

// What an application asks of the library: each is one call of it, without a
// time limit. They are called only once their names are out of lacks.

func (s *librarySession) open() (*libraryStream, error)   { return nil, unsupported(todo) }
func (s *librarySession) accept() (*libraryStream, error) { return nil, unsupported(todo) }
func (s *librarySession) ping() error                     { return unsupported(todo) }
func (s *librarySession) goAway() error                   { return unsupported(todo) }
func (s *librarySession) closeSession() error             { return unsupported(todo) }
func (s *librarySession) countStreams() int               { return 0 }

// A libraryStream is a stream of the library.
type libraryStream struct{}

func (s *libraryStream) number() uint32                { return 0 }
func (s *libraryStream) read(buf []byte) (int, error)  { return 0, unsupported(todo) }
func (s *libraryStream) write(buf []byte) (int, error) { return 0, unsupported(todo) }
func (s *libraryStream) halfClose() error              { return unsupported(todo) }
func (s *libraryStream) close() error                  { return unsupported(todo) }
func (s *libraryStream) reset() error                  { return unsupported(todo) }

// drop makes no call: the label is forgotten already.
func (s *libraryStream) drop() error { return nil }

// The zero time is no deadline.
func (s *libraryStream) setReadDeadline(time.Time) error  { return unsupported(todo) }
func (s *libraryStream) setWriteDeadline(time.Time) error { return unsupported(todo) }

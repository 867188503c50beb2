// Command faulty is a shim of a library that panics and hangs, in other words
// what no shim may hide.
package main

import (
	"io"
	"net"

	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shim"
)

func main() {
	shim.Main(&library.Library{
		Name:  "faulty",
		Class: library.ClassOutside,
		Prepare: func(library.Settings, io.Writer) (library.Begin, error) {
			return func(_ library.Side, conn net.Conn) (library.Session, error) {
				return session{conn: conn, done: make(chan struct{})}, nil
			}, nil
		},
	})
}

// A session panics in a ping and in a deadline of a stream, which is nil, and its
// accepts never return.
type session struct {
	library.Session
	conn net.Conn
	done chan struct{}
}

func (s session) Open() (library.Stream, error) { return stream{}, nil }

func (s session) Accept() (library.Stream, error) { select {} }

func (s session) Ping() error { panic("the library is wrong") }

func (s session) Close() error { return s.conn.Close() }

func (s session) Done() <-chan struct{} { return s.done }

type stream struct{ library.Stream }

func (stream) StreamID() uint32 { return 1 }

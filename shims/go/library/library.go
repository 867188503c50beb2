// Package library is what a shim must know of an implementation of yamux: all
// that differs from one Go shim to the next.
package library

import (
	"context"
	"io"
	"net"
	"time"
)

// A Library is an implementation of yamux.
type Library struct {
	// Name is a short one, for reports.
	Name string
	// Path is that of its module.
	Path string
	// Unsupported says why the library cannot have an action, an ability or a
	// setting of the shim protocol. Whatever is not in here it has.
	Unsupported map[string]string
	// Habits are what the library lawfully does and a harness must know, so that
	// it waits for the right thing; in the words of the shim protocol.
	Habits []string
	// Prepare makes ready for a session with these settings, or says which of
	// them the library cannot have. What it logs goes to log, a line a Write.
	Prepare func(settings Settings, log io.Writer) (Begin, error)
	// Class says why a call of the library failed; the error is not nil.
	Class func(error) Class
	// Told returns the code of the peer's reset or go-away that an error of the
	// library has. It is nil where "told_codes" is unsupported.
	Told func(error) (code uint32, told bool)
}

// A Side is who a session is.
type Side string

// The two sides.
const (
	Client Side = "client"
	Server Side = "server"
)

// Begin begins a session over a connection.
type Begin func(Side, net.Conn) (Session, error)

// Settings are what a session is made with. A nil one was not named: the
// library's own default holds.
type Settings struct {
	// AcceptBacklog is how many streams may wait to be accepted.
	AcceptBacklog *int
	// ConnectionWriteTimeout is how long the transport may stand still, and a
	// pong be away.
	ConnectionWriteTimeout *time.Duration
	// KeepAliveInterval is how often to ping. Zero is off, as it is where the
	// setting was not named.
	KeepAliveInterval time.Duration
	// MaxFrameSize is the largest body of a data frame.
	MaxFrameSize *uint32
	// MaxStreams is how many streams of the peer may be open at once.
	MaxStreams *uint32
	// MaxWindow is the largest receive window of a stream.
	MaxWindow *uint32
	// StreamCloseTimeout is how long a closed stream waits for the peer's FIN
	// before it is reset; zero is off.
	StreamCloseTimeout *time.Duration
	// StreamOpenTimeout is how long an opened stream may go unacknowledged;
	// zero is off.
	StreamOpenTimeout *time.Duration
}

// A Session is a session of the library. Each method is one call of it.
type Session interface {
	Open() (Stream, error)
	Accept() (Stream, error)
	Ping() error
	GoAway() error
	// Close may be called again, and then returns only once nothing of the
	// session runs any more.
	Close() error
	CountStreams() int

	// Done is closed as soon as the library knows that the session has ended.
	Done() <-chan struct{}
	// Cause returns why it has ended, and takes no stream that an application
	// could still get. It is called once, after Done and another Close.
	Cause() error
}

// A Stream is a stream of the library. Each method is one call of it.
type Stream interface {
	io.ReadWriteCloser
	StreamID() uint32
	// HalfClose says that no more will be written, and reading goes on; Close
	// that the stream is done with. A library may have one call for both.
	HalfClose() error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// An Opener is a Session of a library that does not call "cancel_open"
// unsupported; one that calls "deadline_open" so is never given a deadline.
type Opener interface {
	OpenContext(context.Context) (Stream, error)
}

// An Accepter is the same for "cancel_accept" and "deadline_accept".
type Accepter interface {
	AcceptContext(context.Context) (Stream, error)
}

// A ReadCloser is a Stream of a library that does not call "close_read"
// unsupported.
type ReadCloser interface {
	CloseRead() error
}

// A CodeResetter is a Stream of a library that does not call "code_reset"
// unsupported.
type CodeResetter interface {
	ResetWithCode(code uint32) error
}

// A CodeCloser is the same of a Session for "code_close_session".
type CodeCloser interface {
	CloseWithCode(code uint32) error
}

// A CodeLeaver is the same of a Session for "code_go_away".
type CodeLeaver interface {
	GoAwayWithCode(code uint32) error
}

// NoCancel is why no library for Go has "cancel_read" and "cancel_write".
const NoCancel = "a read or write of a net.Conn is given up by a deadline, which set_deadline sets"

// NoNumber is why a library has no "next_stream_id".
const NoNumber = "the number of the next stream is not exported"

// A Resetter is a Stream of a library that does not call "reset" unsupported.
type Resetter interface {
	Reset() error
}

package library

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
)

// A Class says in the words that all shims share why a call failed: one of the
// closed list of the shim protocol.
type Class string

// The closed list.
const (
	Cancelled              Class = "cancelled"
	ConnectionWriteTimeout Class = "connection_write_timeout"
	Deadline               Class = "deadline"
	EOF                    Class = "eof"
	KeepaliveTimeout       Class = "keepalive_timeout"
	Protocol               Class = "protocol"
	RemoteGoAway           Class = "remote_go_away"
	SessionShutdown        Class = "session_shutdown"
	StreamClosed           Class = "stream_closed"
	StreamReset            Class = "stream_reset"
	StreamsExhausted       Class = "streams_exhausted"
	Transport              Class = "transport"
	Unclassified           Class = "unclassified"
	WindowExceeded         Class = "window_exceeded"
)

// A Named error is one that a library exports, with its name there.
type Named struct {
	Name  string
	Err   error
	Class Class
}

// ClassAmong returns the class of the first of these errors that err is, if it
// is one.
func ClassAmong(all []Named, err error) (Class, bool) {
	for _, known := range all {
		if errors.Is(err, known.Err) {
			return known.Class, true
		}
	}
	return Unclassified, false
}

// ClassOutside returns the class of an error that no library makes itself.
func ClassOutside(err error) Class {
	switch {
	case errors.Is(err, io.EOF):
		return EOF
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		return Deadline
	case fromTransport(err):
		return Transport
	}
	return Unclassified
}

func fromTransport(err error) bool {
	for _, known := range []error{io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed} {
		if errors.Is(err, known) {
			return true
		}
	}
	var (
		network net.Error
		number  syscall.Errno
	)
	return errors.As(err, &network) || errors.As(err, &number)
}
